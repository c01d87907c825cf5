using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client;
using Grid.Sql.Lake;
using Column = Grid.Abstractions.Column;

namespace Grid.Sql.Tables;

/// <summary>
/// Decides how a table is read. A log table: the files of one lake snapshot, and the log from that snapshot's offsets up to the high watermarks of now, in this order, so that each row comes once. What rules files and
/// frames out is the filter. Where not every file can be read on this machine, the log is read from its beginning: its buckets answer old offsets from the lake.
/// </summary>
internal sealed class TablePlanner(GridSqlOptions options)
{
    private const int FilesAtOnce = 8;

    /// <summary>A table's rows.</summary>
    public async Task<PlannedTable> RowsAsync(GridTable table, TableSchema schema, Predicate? filter, bool isOften, CancellationToken cancellationToken)
    {
        // Of a partitioned log table, too, the grid reads what is in the lake and what is in the log, and only partitions that the filter may match.
        if (table.Info.HasPrimaryKey || table.Info.IsPartitioned)
            return new PlannedTable { Fresh = new ScannedTable(table, schema, new ScanOptions { Filter = filter }, rows: null), ReadOnce = isOften };
        var (snapshot, ends) = await PlaceAsync(table, cancellationToken).ConfigureAwait(false);
        var files = await OpenAsync(snapshot, filter, cancellationToken).ConfigureAwait(false);
        var (starts, rows) = Rest(files is null ? null : snapshot, ends);
        return new PlannedTable
        {
            Files = files ?? [],
            Lake = files is { Count: > 0 } ? LakeView.Of(files.Select(file => file.Path), schema.Columns) : null,
            Fresh = rows == 0 && files is { Count: > 0 } ? null
                : new ScannedTable(table, schema, new ScanOptions { Filter = filter, Start = ScanStart.AtOffsets(starts), Ends = ByBucket(ends) }, rows),
        };
    }

    /// <summary>A table's changes, those of a log table from the lake too.</summary>
    public async Task<PlannedTable> ChangesAsync(GridTable table, TableSchema schema, CancellationToken cancellationToken)
    {
        if (table.Info.IsPartitioned)
            return new PlannedTable { Fresh = new ChangesTable(table, schema, new ChangeOptions { StopAtEnd = true }, rows: null) };
        var (snapshot, ends) = await PlaceAsync(table, cancellationToken).ConfigureAwait(false);
        var files = table.Info.HasPrimaryKey ? null : await OpenAsync(snapshot, filter: null, cancellationToken).ConfigureAwait(false);
        var (starts, rows) = Rest(files is null ? null : snapshot, ends);
        var changes = new ChangeOptions { StopAtEnd = true, Start = ScanStart.AtOffsets(starts), Ends = ByBucket(ends) };
        ImmutableArray<Column> columns = ChangesTable.ColumnsOf(schema)[1..];
        return new PlannedTable
        {
            Files = files ?? [],
            Lake = files is { Count: > 0 } ? $"select '+I' as {SqlText.Name(SystemColumns.ChangeName)}, * from ({LakeView.Of(files.Select(file => file.Path), columns)})" : null,
            Fresh = new ChangesTable(table, schema, changes, rows),
        };
    }

    /// <summary>The rows that are in a log table's lake.</summary>
    public async Task<PlannedTable> LakeAsync(GridTable table, TableSchema schema, Predicate? filter, CancellationToken cancellationToken)
    {
        var snapshot = await table.OpenLakeSnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        if (table.Info.HasPrimaryKey)
            throw new GridException(GridErrorCode.WrongTableKind, $"{table.Info.Path} has a primary key; what is in its lake alone is read with another engine, see docs/lake.md.");
        var files = await OpenAsync(snapshot, filter, cancellationToken).ConfigureAwait(false);
        return new PlannedTable
        {
            Files = files ?? [],
            Lake = files is { Count: > 0 } ? LakeView.Of(files.Select(file => file.Path), schema.Columns) : null,
            Fresh = files is { Count: > 0 } ? null
                : new ScannedTable(table, schema, new ScanOptions { Filter = filter, Ends = ByBucket(files is null ? snapshot.Tiered : [.. snapshot.Tiered.Select(_ => LogOffset.Zero)]) }, rows: null),
        };
    }

    /// <summary>The files of a table's lake.</summary>
    public static async Task<PlannedTable> FilesAsync(GridTable table, CancellationToken cancellationToken)
    {
        var files = (await table.OpenLakeSnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Files;
        ImmutableArray<Column> columns =
        [
            new("location", DataType.String, nullable: false), new("content", DataType.String, nullable: false), new("bucket", DataType.Int32), new("rows", DataType.Int64, nullable: false),
            new("bytes", DataType.Int64, nullable: false),
        ];
        var buckets = new Int32Array.Builder();
        foreach (var file in files)
            _ = file.Bucket == LakeDataFile.BucketUnknown ? buckets.AppendNull() : buckets.Append(file.Bucket);
        IArrowArray[] arrays =
        [
            new StringArray.Builder().AppendRange(files.Select(file => file.Location)).Build(),
            new StringArray.Builder().AppendRange(files.Select(file => file.Content switch { LakeContent.Data => "data", LakeContent.PositionDeletes => "position deletes", _ => "equality deletes" })).Build(),
            buckets.Build(),
            new Int64Array.Builder().AppendRange(files.Select(file => file.Rows)).Build(),
            new Int64Array.Builder().AppendRange(files.Select(file => file.Bytes)).Build(),
        ];
        return new PlannedTable { Fresh = new FixedTable(columns, arrays, files.Length) };
    }

    /// <summary>A table's buckets: how far their logs are, and the lake.</summary>
    public static async Task<PlannedTable> BucketsAsync(GridTable table, CancellationToken cancellationToken)
    {
        var snapshot = await table.OpenLakeSnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        var buckets = await table.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        ImmutableArray<Column> columns =
        [
            new("bucket", DataType.Int32, nullable: false), new("tiered", DataType.Int64, nullable: false), new("start_offset", DataType.Int64, nullable: false),
            new("high_watermark", DataType.Int64, nullable: false), new("log_bytes", DataType.Int64, nullable: false), new("leader", DataType.String),
        ];
        var leaders = new StringArray.Builder();
        foreach (var bucket in buckets)
            leaders.Append(bucket.Leader?.ToString());
        IArrowArray[] arrays =
        [
            new Int32Array.Builder().AppendRange(buckets.Select(bucket => bucket.Bucket.Number)).Build(),
            new Int64Array.Builder().AppendRange(buckets.Select(bucket => snapshot.Tiered[bucket.Bucket.Number].Value)).Build(),
            new Int64Array.Builder().AppendRange(buckets.Select(bucket => bucket.StartOffset.Value)).Build(),
            new Int64Array.Builder().AppendRange(buckets.Select(bucket => bucket.HighWatermark.Value)).Build(),
            new Int64Array.Builder().AppendRange(buckets.Select(bucket => bucket.LogBytes)).Build(),
            leaders.Build(),
        ];
        return new PlannedTable { Fresh = new FixedTable(columns, arrays, buckets.Count) };
    }

    /// <summary>First the lake, then the log's ends: what is tiered in between is in the log still.</summary>
    private static async Task<(LakeSnapshot Snapshot, IReadOnlyList<LogOffset> Ends)> PlaceAsync(GridTable table, CancellationToken cancellationToken)
    {
        var snapshot = await table.OpenLakeSnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        return (snapshot, await table.FindEndsAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The snapshot's files on this machine, without those that the filter rules out; null: not all can be read here.</summary>
    private async Task<IReadOnlyList<LakeFileLease>?> OpenAsync(LakeSnapshot snapshot, Predicate? filter, CancellationToken cancellationToken)
    {
        if (snapshot.Files.Any(file => file.Content != LakeContent.Data))
            return null;
        var files = (filter is null ? snapshot : snapshot.Where(filter)).Files;
        var leases = new LakeFileLease?[files.Length];
        try
        {
            await Parallel.ForAsync(0, files.Length, new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = cancellationToken }, async (i, token) =>
                leases[i] = await options.LakeFiles.OpenAsync(files[i], token).ConfigureAwait(false)).ConfigureAwait(false);
            if (leases.All(lease => lease is not null && LakeView.CanRead(lease.Path)))
                return leases!;
        }
        catch
        {
            Drop(leases);
            throw;
        }

        Drop(leases);
        return null;
    }

    private static void Drop(LakeFileLease?[] leases)
    {
        foreach (var lease in leases)
            lease?.Dispose();
    }

    /// <summary>Where the log is to be read from, and how many offsets that is: behind the lake's part, or from the earliest where nothing of the bucket is read from the lake.</summary>
    private static (Dictionary<int, LogOffset> Starts, long Rows) Rest(LakeSnapshot? snapshot, IReadOnlyList<LogOffset> ends)
    {
        var starts = new Dictionary<int, LogOffset>();
        var rows = 0L;
        for (var bucket = 0; bucket < ends.Count; bucket++)
        {
            var tiered = snapshot?.Tiered[bucket] ?? LogOffset.Zero;
            if (tiered != LogOffset.Zero)
                starts[bucket] = tiered;
            rows += Math.Max(0, ends[bucket] - tiered);
        }

        return (starts, rows);
    }

    private static Dictionary<int, LogOffset> ByBucket(IReadOnlyList<LogOffset> offsets) => Enumerable.Range(0, offsets.Count).ToDictionary(bucket => bucket, bucket => offsets[bucket]);
}
