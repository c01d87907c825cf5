using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;
using Grid.Client.Retrying;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>Reads rows of one bucket's shard in key order, on a snapshot. The next page is on its way while one is consumed.</summary>
internal sealed class ShardReader(TableHandle table, ReadPlan plan, int bucket, bool versions)
{
    private readonly FrameTranslator _translator = new(table, plan);

    /// <summary>Reads rows with lower &lt;= key &lt; upper (empty: no bound), at most <paramref name="limit"/> (0: all), and gives each page to <paramref name="emit"/>.</summary>
    /// <returns>The offset that the rows are consistent with.</returns>
    public async Task<LogOffset> RunAsync(ImmutableArray<byte> lower, ImmutableArray<byte> upper, long limit, Func<GridBatch, ValueTask> emit, CancellationToken cancellationToken)
    {
        var request = new ScanRequest
        {
            Lower = lower,
            Upper = upper,
            Limit = limit,
            SchemaVersion = plan.Schema.Version,
            Project = plan.Fetched is not null,
            Columns = plan.Projection,
            Versions = versions,
        };
        var grain = table.Bucket(bucket);
        var answer = await table.Connection.Retry.RunAsync(() => grain.OpenScanAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        var offset = answer.Offset;
        var scan = answer.ScanId;
        Task<ScanAnswer>? next = null;
        try
        {
            for (var page = 1; ; page++)
            {
                using var rows = answer.Rows;
                next = answer.ScanId == 0 ? null : NextAsync(grain, scan, page, cancellationToken);
                if (answer.ScanId == 0)
                    scan = 0;
                if (rows is not null)
                    await EmitAsync(rows, offset, emit, cancellationToken).ConfigureAwait(false);
                if (next is null)
                    return offset;
                answer = await next.ConfigureAwait(false);
                next = null;
            }
        }
        finally
        {
            if (scan != 0)
                await CloseAsync(grain, scan, next).ConfigureAwait(false);
        }
    }

    private Task<ScanAnswer> NextAsync(IBucketGrain grain, long scan, int page, CancellationToken cancellationToken) =>
        table.Connection.Retry.RunAsync(() => grain.NextScanAsync(scan, page, cancellationToken), cancellationToken);

    private async Task EmitAsync(FrameBlock block, LogOffset offset, Func<GridBatch, ValueTask> emit, CancellationToken cancellationToken)
    {
        var frame = Single(block);
        if (frame.Header.RowCount == 0)
            return;
        var (fetched, decoded) = await _translator.DecodeAsync(frame, versions, cancellationToken).ConfigureAwait(false);
        var wanted = Wanted(fetched);
        if (plan.Evaluator is not null)
        {
            var matching = plan.Evaluator.Select(fetched, plan.Fetched);
            wanted = BatchBuffer.Pick(wanted, matching);
            decoded.Dispose();
            if (matching.Length > 0)
                await emit(new GridBatch(wanted, bucket, offset, offset, timestampMs: 0, memory: null, decoded: null) { IsSnapshot = true, Partition = table.Partition }).ConfigureAwait(false);
            return;
        }

        if (!block.TryRetain())
            throw new InvalidOperationException("An answer's block was given back while it was read.");
        await emit(new GridBatch(wanted, bucket, offset, offset, timestampMs: 0, block, decoded) { IsSnapshot = true, Partition = table.Partition }).ConfigureAwait(false);
    }

    /// <summary>Without the columns that only the filter needed, which stand between those wanted and the version.</summary>
    private RecordBatch Wanted(RecordBatch fetched)
    {
        if (fetched.ColumnCount == plan.WantedCount + (versions ? 1 : 0))
            return fetched;
        var arrays = new List<IArrowArray>();
        for (var i = 0; i < plan.WantedCount; i++)
            arrays.Add(fetched.Column(i));
        if (versions)
            arrays.Add(fetched.Column(fetched.ColumnCount - 1));
        return new RecordBatch(plan.ArrowSchema(versions), arrays, fetched.Length);
    }

    /// <summary>The only frame of an answer.</summary>
    public static Frame Single(FrameBlock block)
    {
        var reader = new FrameReader(block.Memory);
        if (!reader.Read())
            throw new GridException(GridErrorCode.Corrupt, "An answer has an empty block where one frame should be; ask again.");
        return reader.Current;
    }

    private async Task CloseAsync(IBucketGrain grain, long scan, Task<ScanAnswer>? next)
    {
        try
        {
            if (next is not null)
                (await next.ConfigureAwait(false)).Rows?.Dispose();
            await grain.CloseScanAsync(scan).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is OperationCanceledException or GridException || Retry.IsTransient(failure))
        {
            // The server closes idle scans by itself.
        }
    }
}
