using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>Asks a table's tiering.</summary>
internal sealed class LakeReader(TableHandle table)
{
    private const int CallsAtOnce = 256;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    public Task<LakeStatus> GetStatusAsync(CancellationToken cancellationToken) => table.Connection.Retry.RunAsync(() => table.Lake.GetStatusAsync(), cancellationToken);

    public async Task<LakeStatus> FlushAsync(CancellationToken cancellationToken)
    {
        // What is committed now: buckets that say later that they have more don't make the wait longer.
        var ends = new Dictionary<(PartitionId, int), LogOffset>();
        var all = await new PartitionUnits(table, new ReadPlan(table.Info.Schema, [], null, null), [.. Enumerable.Range(0, table.Info.Options.Buckets)]).ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (var some in all.Chunk(CallsAtOnce))
            foreach (var (unit, end) in await Task.WhenAll(some.Select(unit => EndAsync(unit, cancellationToken))).ConfigureAwait(false))
                ends.Add((unit.Table.Partition, unit.Number), end);
        await table.Connection.Retry.RunAsync(() => table.Lake.TierAsync(), cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var status = await GetStatusAsync(cancellationToken).ConfigureAwait(false);
            if (status.Buckets.All(bucket => bucket.Tiered >= ends.GetValueOrDefault((bucket.Partition, bucket.Number))))
                return status;
            if (status.Activity == LakeActivity.Failing)
                throw new GridException(GridErrorCode.StorageFailed, $"{table.Info.Path} could not be brought into the lake: {status.Failure}");
            if (status.Activity == LakeActivity.Waiting)
                await table.Connection.Retry.RunAsync(() => table.Lake.TierAsync(), cancellationToken).ConfigureAwait(false); // a bucket had not reported its rows when the last round began
            await Task.Delay(Look, table.Connection.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<LakeStatus> CompactAsync(CancellationToken cancellationToken)
    {
        await table.Connection.Retry.RunAsync(() => table.Lake.CompactAsync(), cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var status = await GetStatusAsync(cancellationToken).ConfigureAwait(false);
            if (status.CompactionFailure is { } failure)
                throw new GridException(GridErrorCode.StorageFailed, $"The lake files of {table.Info.Path} could not all be rewritten: {failure}");
            if (!status.IsCompacting)
                return status;
            await Task.Delay(Look, table.Connection.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Where a bucket ends; one of a partition that is dropped meanwhile is nobody's business here.</summary>
    private static async Task<(BucketUnit Unit, LogOffset End)> EndAsync(BucketUnit unit, CancellationToken cancellationToken)
    {
        var end = LogOffset.Zero;
        await unit.ReadAsync(async () => end = await TableReader.FindAsync(unit, new OffsetQuery { Place = OffsetPlace.Latest }, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return (unit, end);
    }
}
