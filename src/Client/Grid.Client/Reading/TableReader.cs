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

    public IAsyncEnumerable<GridBatch> ScanAsync(ScanOptions options, CancellationToken cancellationToken) =>
        ScanAsync(new ReadPlan(table.Info.Schema, options.Columns, options.Filter, options.Where), options, cancellationToken);

    public IAsyncEnumerable<GridBatch> ScanAsync(ReadPlan plan, ScanOptions options, CancellationToken cancellationToken)
    {
        if (!table.Info.HasPrimaryKey)
        {
            if (options.Versions)
                table.RequirePrimaryKey("A scan with row versions");
            return ReadLogsAsync(plan, Buckets(options.Buckets), options.Start, options.Reset, options.Tail, cancellationToken);
        }

        if (options.Tail || options.Start != ScanStart.Earliest)
            table.RequireLog("A scan with a start or a tail");
        return SnapshotAsync(plan, Buckets(options.Buckets), options.Versions, cancellationToken);
    }

    public IAsyncEnumerable<GridBatch> ChangesAsync(ChangeOptions options, CancellationToken cancellationToken) =>
        ChangesAsync(new ReadPlan(table.Info.Schema, options.Columns, options.Filter, options.Where), options, cancellationToken);

    public IAsyncEnumerable<GridBatch> ChangesAsync(ReadPlan plan, ChangeOptions options, CancellationToken cancellationToken) =>
        ReadLogsAsync(plan, Buckets(options.Buckets), options.Start, options.Reset, !options.StopAtEnd, cancellationToken);

    /// <summary>Per bucket: the rows of one offset, then the changes from that offset on.</summary>
    public IAsyncEnumerable<GridBatch> SnapshotThenChangesAsync(ChangeOptions options, CancellationToken cancellationToken) =>
        SnapshotThenChangesAsync(new ReadPlan(table.Info.Schema, options.Columns, options.Filter, options.Where), options, cancellationToken);

    public IAsyncEnumerable<GridBatch> SnapshotThenChangesAsync(ReadPlan plan, ChangeOptions options, CancellationToken cancellationToken)
    {
        table.RequirePrimaryKey("A snapshot followed by changes");
        var buckets = Buckets(options.Buckets);
        var parallel = options.StopAtEnd ? table.Connection.Options.ScanBucketsMax : buckets.Count;
        return BucketMerge.RunAsync(
            buckets,
            parallel,
            table.Connection.Options.ScanFramesMax,
            async (bucket, emit, token) =>
            {
                var offset = await new ShardReader(table, plan, bucket, versions: false).RunAsync([], [], 0, emit, token).ConfigureAwait(false);
                var log = new LogReader(table, plan, bucket, OffsetReset.Refuse);
                LogOffset? end = options.StopAtEnd ? await log.PlaceAsync(OffsetPlace.Latest, token).ConfigureAwait(false) : null;
                await log.RunAsync(offset, end, emit, token).ConfigureAwait(false);
            },
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
    public IAsyncEnumerable<GridBatch> ReadRangeAsync(ReadPlan plan, KeyRange range, CancellationToken cancellationToken) =>
        BucketMerge.RunAsync(
            [range.Bucket],
            parallel: 1,
            table.Connection.Options.ScanFramesMax,
            (bucket, emit, token) => new ShardReader(table, plan, bucket, versions: false).RunAsync(range.Lower, range.Upper, 0, emit, token),
            cancellationToken);

    private IAsyncEnumerable<GridBatch> SnapshotAsync(ReadPlan plan, IReadOnlyList<int> buckets, bool versions, CancellationToken cancellationToken) =>
        BucketMerge.RunAsync(
            buckets,
            table.Connection.Options.ScanBucketsMax,
            table.Connection.Options.ScanFramesMax,
            (bucket, emit, token) => new ShardReader(table, plan, bucket, versions).RunAsync([], [], 0, emit, token),
            cancellationToken);

    private async IAsyncEnumerable<GridBatch> ReadLogsAsync(
        ReadPlan plan, IReadOnlyList<int> buckets, ScanStart start, OffsetReset reset, bool tail, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Where each bucket begins and ends is settled before the first row is handed out: that is what "the scan began" means.
        var ranges = new Dictionary<int, (LogOffset Start, LogOffset? End)>();
        var found = await Task.WhenAll(buckets.Select(bucket => RangeAsync(bucket, start, reset, tail, cancellationToken))).ConfigureAwait(false);
        for (var i = 0; i < buckets.Count; i++)
            ranges[buckets[i]] = found[i];

        // A tail never leaves a bucket, so it needs a reader for each.
        var parallel = tail ? buckets.Count : table.Connection.Options.ScanBucketsMax;
        var batches = BucketMerge.RunAsync(
            buckets,
            parallel,
            table.Connection.Options.ScanFramesMax,
            (bucket, emit, token) => new LogReader(table, plan, bucket, reset).RunAsync(ranges[bucket].Start, ranges[bucket].End, emit, token),
            cancellationToken);
        await foreach (var batch in batches.ConfigureAwait(false))
            yield return batch;
    }

    private async Task<(LogOffset Start, LogOffset? End)> RangeAsync(int bucket, ScanStart start, OffsetReset reset, bool tail, CancellationToken cancellationToken)
    {
        LogOffset from;
        if (start.Common is { } common)
            from = common;
        else if (start.Place is null && start.Offsets.TryGetValue(bucket, out var own))
            from = own;
        else
            from = await FindAsync(bucket, new OffsetQuery { Place = start.Place ?? OffsetPlace.Earliest, TimestampMs = start.TimestampMs }, cancellationToken).ConfigureAwait(false);
        if (tail)
            return (from, null);

        var end = await FindAsync(bucket, new OffsetQuery { Place = OffsetPlace.Latest }, cancellationToken).ConfigureAwait(false);
        if (from > end)
        {
            from = reset switch
            {
                OffsetReset.Earliest => await FindAsync(bucket, new OffsetQuery { Place = OffsetPlace.Earliest }, cancellationToken).ConfigureAwait(false),
                OffsetReset.Latest => end,
                _ => throw new GridException(GridErrorCode.OffsetOutOfRange, $"Offset {from} is above the end {end} of bucket {bucket}; begin at {end} or below, or choose an OffsetReset."),
            };
        }

        return (from, end);
    }

    public Task<LogOffset> FindAsync(int bucket, OffsetQuery query, CancellationToken cancellationToken) =>
        table.Connection.Retry.RunAsync(() => table.Bucket(bucket).FindOffsetAsync(query), cancellationToken);

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
        var parts = await Task.WhenAll(Buckets(null).Select(bucket => CollectAsync(plan, bucket, rows, cancellationToken))).ConfigureAwait(false);
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

    private async Task<List<GridBatch>> CollectAsync(ReadPlan plan, int bucket, int rows, CancellationToken cancellationToken)
    {
        var batches = new List<GridBatch>();
        await new ShardReader(table, plan, bucket, versions: false).RunAsync([], [], rows, batch =>
        {
            batches.Add(batch);
            return ValueTask.CompletedTask;
        }, cancellationToken).ConfigureAwait(false);
        return batches;
    }

    /// <summary>The last n offsets of each bucket; of those the rows with the latest commit timestamps, oldest first.</summary>
    private async Task<RecordBatch> LastAsync(int rows, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        var plan = new ReadPlan(table.Info.Schema, columns, null, null);
        var parts = await Task.WhenAll(Buckets(null).Select(bucket => CollectLastAsync(plan, bucket, rows, cancellationToken))).ConfigureAwait(false);
        var ordered = parts.SelectMany(p => p).OrderBy(b => b.Timestamp).ThenBy(b => b.Bucket).ThenBy(b => b.BaseOffset).ToList();
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

    private async Task<List<GridBatch>> CollectLastAsync(ReadPlan plan, int bucket, int rows, CancellationToken cancellationToken)
    {
        var (first, end) = await RangeAsync(bucket, ScanStart.Earliest, OffsetReset.Earliest, tail: false, cancellationToken).ConfigureAwait(false);
        var start = new LogOffset(Math.Max(first.Value, end!.Value.Value - rows));
        var batches = new List<GridBatch>();
        await new LogReader(table, plan, bucket, OffsetReset.Earliest).RunAsync(start, end, batch =>
        {
            batches.Add(batch);
            return ValueTask.CompletedTask;
        }, cancellationToken).ConfigureAwait(false);
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
}
