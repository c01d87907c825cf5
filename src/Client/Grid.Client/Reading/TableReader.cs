using System.Runtime.CompilerServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>The reads that go over the buckets of a table: logs, snapshots, both in a row, the first or last rows, counts.</summary>
internal sealed class TableReader(TableHandle table)
{
    public const int LimitMax = 100_000;
    private const int RangesAtOnce = 256;

    public IAsyncEnumerable<GridBatch> ScanAsync(ScanOptions options, CancellationToken cancellationToken) =>
        ScanAsync(new ReadPlan(table.Info.Schema, options.Columns, options.Filter, options.Where), options, cancellationToken);

    public IAsyncEnumerable<GridBatch> ScanAsync(ReadPlan plan, ScanOptions options, CancellationToken cancellationToken)
    {
        if (!table.Info.HasPrimaryKey)
        {
            if (options.Versions)
                table.RequirePrimaryKey("A scan with row versions");
            return ReadLogsAsync(new LogsRead(plan, Buckets(options.Buckets), options.Start, options.Reset, options.Tail) { Ends = options.Ends }, cancellationToken);
        }

        if (options.Tail || options.Start != ScanStart.Earliest || options.Ends is not null)
            table.RequireLog("A scan with a start, an end or a tail");
        return SnapshotAsync(plan, Buckets(options.Buckets), options.Versions, cancellationToken);
    }

    public IAsyncEnumerable<GridBatch> ChangesAsync(ChangeOptions options, CancellationToken cancellationToken) =>
        ChangesAsync(new ReadPlan(table.Info.Schema, options.Columns, options.Filter, options.Where), options, cancellationToken);

    public IAsyncEnumerable<GridBatch> ChangesAsync(ReadPlan plan, ChangeOptions options, CancellationToken cancellationToken) =>
        ReadLogsAsync(new LogsRead(plan, Buckets(options.Buckets), options.Start, options.Reset, !options.StopAtEnd) { Ends = options.Ends }, cancellationToken);

    /// <summary>Per bucket: the rows of one offset, then the changes from that offset on.</summary>
    public IAsyncEnumerable<GridBatch> SnapshotThenChangesAsync(ChangeOptions options, CancellationToken cancellationToken) =>
        SnapshotThenChangesAsync(new ReadPlan(table.Info.Schema, options.Columns, options.Filter, options.Where), options, cancellationToken);

    public IAsyncEnumerable<GridBatch> SnapshotThenChangesAsync(ReadPlan plan, ChangeOptions options, CancellationToken cancellationToken)
    {
        table.RequirePrimaryKey("A snapshot followed by changes");
        var units = new PartitionUnits(table, plan, Buckets(options.Buckets));
        return BucketMerge.RunAsync(
            FollowAsync(units, follow: !options.StopAtEnd, cancellationToken),
            options.StopAtEnd ? table.Connection.Options.ScanBucketsMax : int.MaxValue,
            table.Connection.Options.ScanFramesMax,
            (item, emit, token) => item.Unit.ReadAsync(async () =>
            {
                var (unit, isNew) = item;
                // All changes of a partition that came later are changes since the snapshot.
                var offset = isNew ? LogOffset.Zero : await new ShardReader(unit.Table, plan, unit.Number, versions: false).RunAsync([], [], 0, emit, token).ConfigureAwait(false);
                var log = new LogReader(unit.Table, plan, unit.Number, OffsetReset.Refuse);
                LogOffset? end = options.StopAtEnd ? await log.PlaceAsync(OffsetPlace.Latest, token).ConfigureAwait(false) : null;
                await log.RunAsync(offset, end, emit, token).ConfigureAwait(false);
            }),
            cancellationToken);
    }

    /// <summary>The first rows in key order, or the last rows of the log, as one batch.</summary>
    public async Task<RecordBatch> LimitAsync(int rows, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        if (rows is < 1 or > LimitMax)
            throw new GridException(GridErrorCode.InvalidArgument, $"A limit scan of {rows} rows is not possible; ask for 1 to {LimitMax}.");
        return table.Info.HasPrimaryKey
            ? await FirstAsync(rows, columns, cancellationToken).ConfigureAwait(false)
            : await LastAsync(rows, columns, cancellationToken).ConfigureAwait(false);
    }

    public async Task<long> CountAsync(string? where, CancellationToken cancellationToken)
    {
        var count = 0L;
        await foreach (var batch in ScanAsync(new ScanOptions { Columns = [], Where = where }, cancellationToken).ConfigureAwait(false))
        {
            count += batch.RowCount;
            batch.Dispose();
        }

        return count;
    }

    /// <summary>The rows of a key range, in key order.</summary>
    public async IAsyncEnumerable<GridBatch> ReadRangeAsync(ReadPlan plan, KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var owner = range.Partition is { } key ? await table.Partitions.FindAsync(key, cancellationToken).ConfigureAwait(false) : table;
        if (owner is null)
            yield break;
        var batches = BucketMerge.RunAsync(
            new[] { owner }.ToAsyncEnumerable(),
            parallel: 1,
            table.Connection.Options.ScanFramesMax,
            (owner, emit, token) => ReadRangeAsync(owner, plan, range, emit, token),
            cancellationToken);
        await foreach (var batch in batches.ConfigureAwait(false))
            yield return batch;
    }

    /// <summary>A partition that was dropped before the first row came may have been made again: then its rows are those wanted.</summary>
    private async Task ReadRangeAsync(TableHandle? owner, ReadPlan plan, KeyRange range, Func<GridBatch, ValueTask> emit, CancellationToken cancellationToken)
    {
        for (var emitted = false; owner is not null;)
        {
            try
            {
                await new ShardReader(owner, plan, range.Bucket, versions: false).RunAsync(range.Lower, range.Upper, 0, batch =>
                {
                    emitted = true;
                    return emit(batch);
                }, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (GridException refusal) when (refusal.Code == GridErrorCode.PartitionDropped && range.Partition is not null)
            {
                owner.Forget();
                owner = emitted ? null : await table.Partitions.FindAsync(range.Partition, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The buckets whose partitions may match a plan, as they are now.</summary>
    public Task<IReadOnlyList<BucketUnit>> ListUnitsAsync(ReadPlan plan, CancellationToken cancellationToken) => new PartitionUnits(table, plan, Buckets(null)).ListAsync(cancellationToken);

    private static async IAsyncEnumerable<(BucketUnit Unit, bool IsNew)> FollowAsync(PartitionUnits units, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var unit in await units.ListAsync(cancellationToken).ConfigureAwait(false))
            yield return (unit, false);
        if (!follow)
            yield break;
        await foreach (var unit in units.FollowAsync(cancellationToken).ConfigureAwait(false))
            yield return (unit, true);
    }

    private IAsyncEnumerable<GridBatch> SnapshotAsync(ReadPlan plan, IReadOnlyList<int> buckets, bool versions, CancellationToken cancellationToken) =>
        BucketMerge.RunAsync(
            FollowAsync(new PartitionUnits(table, plan, buckets), follow: false, cancellationToken),
            table.Connection.Options.ScanBucketsMax,
            table.Connection.Options.ScanFramesMax,
            (item, emit, token) => item.Unit.ReadAsync(() => new ShardReader(item.Unit.Table, plan, item.Unit.Number, versions).RunAsync([], [], 0, emit, token)),
            cancellationToken);

    private async IAsyncEnumerable<GridBatch> ReadLogsAsync(LogsRead read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Where each bucket begins and ends is settled before the first row is handed out: that is what "the scan began" means.
        RequireStart(read.Start);
        RequireEnds(read);
        var units = new PartitionUnits(table, read.Plan, read.Buckets);
        var ranges = new List<LogRange>();
        foreach (var some in (await units.ListAsync(cancellationToken).ConfigureAwait(false)).Chunk(RangesAtOnce))
            ranges.AddRange((await Task.WhenAll(some.Select(unit => TryRangeAsync(unit, read, cancellationToken))).ConfigureAwait(false)).OfType<LogRange>());

        // A tail never leaves a bucket, so it needs a reader for each.
        var batches = BucketMerge.RunAsync(
            FollowAsync(ranges, read.Tail ? units : null, cancellationToken),
            read.Tail ? int.MaxValue : table.Connection.Options.ScanBucketsMax,
            table.Connection.Options.ScanFramesMax,
            (range, emit, token) => range.Unit.ReadAsync(() => new LogReader(range.Unit.Table, read.Plan, range.Unit.Number, read.Reset).RunAsync(range.Start, range.End, emit, token)),
            cancellationToken);
        await foreach (var batch in batches.ConfigureAwait(false))
            yield return batch;
    }

    /// <summary>The ranges known, then those of partitions that come later, from their first row on.</summary>
    private static async IAsyncEnumerable<LogRange> FollowAsync(List<LogRange> ranges, PartitionUnits? units, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var range in ranges)
            yield return range;
        if (units is null)
            yield break;
        await foreach (var unit in units.FollowAsync(cancellationToken).ConfigureAwait(false))
            yield return new LogRange(unit, LogOffset.Zero, null);
    }

    private void RequireStart(ScanStart start)
    {
        if (!start.Offsets.IsEmpty && start.Offsets.Keys.Any(bucket => bucket.Partition.Value == 0) == table.IsPartitioned)
            throw new GridException(GridErrorCode.InvalidArgument,
                $"The offsets to begin at are given by {(table.IsPartitioned ? "bucket number" : "partition and bucket")}, and {table.Info.Path} is {(table.IsPartitioned ? "" : "not ")}partitioned; use the other form of ScanStart.AtOffsets.");
    }

    private void RequireEnds(LogsRead read)
    {
        if (read.Ends is null)
            return;
        if (read.Tail)
            throw new GridException(GridErrorCode.InvalidArgument, "A read that goes on with later rows has no ends; leave them out, or stop at the end.");
        if (table.IsPartitioned)
            throw new GridException(GridErrorCode.InvalidArgument, $"The ends to stop at are given by bucket number, and {table.Info.Path} is partitioned; leave them out.");
    }

    /// <summary>Null: the partition was dropped meanwhile.</summary>
    private async Task<LogRange?> TryRangeAsync(BucketUnit unit, LogsRead read, CancellationToken cancellationToken)
    {
        LogRange? range = null;
        await unit.ReadAsync(async () => range = await RangeAsync(unit, read, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return range;
    }

    private async Task<LogRange> RangeAsync(BucketUnit unit, LogsRead read, CancellationToken cancellationToken)
    {
        var (start, reset) = (read.Start, read.Reset);
        LogOffset from;
        if (start.Common is { } common)
            from = common;
        else if (start.Place is null && start.Offsets.TryGetValue((unit.Table.Partition, unit.Number), out var own))
            from = own;
        else
            from = await FindAsync(unit, new OffsetQuery { Place = start.Place ?? OffsetPlace.Earliest, TimestampMs = start.TimestampMs }, cancellationToken).ConfigureAwait(false);
        if (read.Tail)
            return new LogRange(unit, from, null);

        var end = await FindAsync(unit, new OffsetQuery { Place = OffsetPlace.Latest }, cancellationToken).ConfigureAwait(false);
        if (from > end)
        {
            from = reset switch
            {
                OffsetReset.Earliest => await FindAsync(unit, new OffsetQuery { Place = OffsetPlace.Earliest }, cancellationToken).ConfigureAwait(false),
                OffsetReset.Latest => end,
                _ => throw new GridException(GridErrorCode.OffsetOutOfRange, $"Offset {from} is above the end {end} of bucket {unit.Number}; begin at {end} or below, or choose an OffsetReset."),
            };
        }

        return new LogRange(unit, from, Cut(end, unit, read.Ends));
    }

    /// <summary>Until the end that was named, which was the bucket's own at some time.</summary>
    private LogOffset Cut(LogOffset end, BucketUnit unit, IReadOnlyDictionary<int, LogOffset>? ends)
    {
        if (ends is null || !ends.TryGetValue(unit.Number, out var named))
            return end;
        return named <= end ? named
            : throw new GridException(GridErrorCode.OffsetOutOfRange, $"The end {named} is above the end {end} of bucket {unit.Number} of {table.Info.Path}; stop there or before.");
    }

    public static Task<LogOffset> FindAsync(BucketUnit unit, OffsetQuery query, CancellationToken cancellationToken) =>
        unit.Table.Connection.Retry.RunAsync(() => unit.Table.Bucket(unit.Number).FindOffsetAsync(query), cancellationToken);

    /// <summary>The first n of each bucket, merged by encoded key.</summary>
    private async Task<RecordBatch> FirstAsync(int rows, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        // The key columns come along at the end where they were not asked for.
        var schema = table.Info.Schema;
        string[] keys = [.. schema.PrimaryKey.Select(id => schema.GetColumn(id).Name)];
        var wanted = new ReadPlan(schema, columns, null, null);
        var plan = columns is null ? wanted : new ReadPlan(schema, [.. columns, .. keys.Except(columns)], null, null);
        var encoder = new KeyEncoder(schema, schema.PrimaryKey);
        var heads = new PriorityQueue<(RecordBatch Rows, EncodedKeys Keys, int Row, int Bucket, int Part), byte[]>(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        var units = await ListUnitsAsync(plan, cancellationToken).ConfigureAwait(false);
        var parts = await Task.WhenAll(units.Select(unit => CollectAsync(plan, unit, rows, cancellationToken))).ConfigureAwait(false);
        var encoded = parts.Select(list => list.Select(batch => encoder.Encode(batch.Rows, [.. keys.Select(k => batch.Rows.Schema.GetFieldIndex(k))])).ToArray()).ToArray();
        for (var bucket = 0; bucket < parts.Length; bucket++)
            if (parts[bucket].Count > 0)
                heads.Enqueue((parts[bucket][0].Rows, encoded[bucket][0], 0, bucket, 0), encoded[bucket][0][0].ToArray());

        var builder = new BatchBuffer(wanted.ArrowSchema(version: false));
        Span<int> one = stackalloc int[1];
        while (builder.Rows < rows && heads.TryDequeue(out var head, out _))
        {
            one[0] = head.Row;
            builder.AppendRows(BatchBuffer.DataOf(FrameRows.Columns(head.Rows, 0, wanted.WantedCount)), one);
            var (row, part) = head.Row + 1 < head.Rows.Length ? (head.Row + 1, head.Part) : (0, head.Part + 1);
            if (part < parts[head.Bucket].Count)
                heads.Enqueue((parts[head.Bucket][part].Rows, encoded[head.Bucket][part], row, head.Bucket, part), encoded[head.Bucket][part][row].ToArray());
        }

        foreach (var key in encoded.SelectMany(k => k))
            key.Dispose();
        foreach (var batch in parts.SelectMany(p => p))
            batch.Dispose();
        return builder.Build();
    }

    private async Task<List<GridBatch>> CollectAsync(ReadPlan plan, BucketUnit unit, int rows, CancellationToken cancellationToken)
    {
        var batches = new List<GridBatch>();
        await unit.ReadAsync(() => new ShardReader(unit.Table, plan, unit.Number, versions: false).RunAsync([], [], rows, batch =>
        {
            batches.Add(batch);
            return ValueTask.CompletedTask;
        }, cancellationToken)).ConfigureAwait(false);
        return batches;
    }

    /// <summary>The last n offsets of each bucket; of those the rows with the latest commit timestamps, oldest first.</summary>
    private async Task<RecordBatch> LastAsync(int rows, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        var plan = new ReadPlan(table.Info.Schema, columns, null, null);
        var units = await ListUnitsAsync(plan, cancellationToken).ConfigureAwait(false);
        var parts = await Task.WhenAll(units.Select(unit => CollectLastAsync(plan, unit, rows, cancellationToken))).ConfigureAwait(false);
        var ordered = parts.SelectMany(p => p).OrderBy(b => b.Timestamp).ThenBy(b => b.Partition).ThenBy(b => b.Bucket).ThenBy(b => b.BaseOffset).ToList();
        var skip = Math.Max(0, ordered.Sum(b => (long)b.RowCount) - rows);
        var builder = new BatchBuffer(plan.ArrowSchema(version: false));
        foreach (var batch in ordered)
        {
            var skipped = (int)Math.Min(skip, batch.RowCount);
            skip -= skipped;
            builder.AppendRange(BatchBuffer.DataOf(batch.Rows), skipped, batch.RowCount - skipped);
            batch.Dispose();
        }

        return builder.Build();
    }

    private async Task<List<GridBatch>> CollectLastAsync(ReadPlan plan, BucketUnit unit, int rows, CancellationToken cancellationToken)
    {
        var batches = new List<GridBatch>();
        await unit.ReadAsync(async () =>
        {
            var range = await RangeAsync(unit, new LogsRead(plan, [], ScanStart.Earliest, OffsetReset.Earliest, Tail: false), cancellationToken).ConfigureAwait(false);
            var start = new LogOffset(Math.Max(range.Start.Value, range.End!.Value.Value - rows));
            await new LogReader(unit.Table, plan, unit.Number, OffsetReset.Earliest).RunAsync(start, range.End, batch =>
            {
                batches.Add(batch);
                return ValueTask.CompletedTask;
            }, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return batches;
    }

    private IReadOnlyList<int> Buckets(IReadOnlyList<int>? chosen)
    {
        if (chosen is null)
            return [.. Enumerable.Range(0, table.Buckets)];
        foreach (var bucket in chosen)
            if (bucket < 0 || bucket >= table.Buckets)
                throw new GridException(GridErrorCode.InvalidArgument, $"There is no bucket {bucket} in {table.Info.Path}; it has 0 to {table.Buckets - 1}.");
        return [.. chosen.Distinct()];
    }

    /// <summary>What a read of logs wants.</summary>
    private sealed record LogsRead(ReadPlan Plan, IReadOnlyList<int> Buckets, ScanStart Start, OffsetReset Reset, bool Tail)
    {
        /// <summary>By bucket number, where to stop; null: at the buckets' ends.</summary>
        public IReadOnlyDictionary<int, LogOffset>? Ends { get; init; }
    }

    /// <summary>The part of a bucket's log that is read; without an end for ever.</summary>
    private sealed record LogRange(BucketUnit Unit, LogOffset Start, LogOffset? End);
}
