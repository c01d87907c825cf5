using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Keys;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Tests.Kv;
using Grid.Storage.Tests.Lake.Tables;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Keys;

/// <summary>A real bucket of a primary-key table, whose first column is its key, and coordinators that tier it.</summary>
internal sealed class KeyLake(EngineBucket bucket, ImpatientTime time)
{
    public static readonly TableSchema Schema = KvFrames.Schema(
        ["id"],
        new Column("id", DataType.Int64, nullable: false),
        new Column("name", DataType.String),
        new Column("tags", DataType.List(DataType.String)));

    private static readonly LakeBucket Bucket = new(new PartitionId(0), 0);

    public static TableInfo Table { get; } = KvFrames.Table(Schema, new TableOptions { Buckets = 1, Lake = LakeMode.On });

    public TierOptions Options { get; init; } = new();

    /// <summary>Happens in a round before its commit.</summary>
    public Func<Task>? AfterWriting { get; set; }

    public TableTiering Coordinator(ILakeStore store)
    {
        var lake = Open(store);
        return new TableTiering(lake, store, (table, number, from, token) => WriteAsync(store, table, number.Number, from, token), time);
    }

    /// <summary>A round; what goes wrong is over with it. Answers why it failed.</summary>
    public async Task<Exception?> TryAsync(TableTiering coordinator)
    {
        coordinator.Backlog.Doubt(0);
        try
        {
            return await coordinator.RunAsync(bucket.Table, default);
        }
        catch (Exception failure) when (failure is IOException or GridException or LakeKilledException)
        {
            return failure;
        }
    }

    /// <summary>The compaction of the table, as a coordinator has it.</summary>
    public KeyTableCompaction Compaction(ILakeStore store, CompactionOptions options) => new(
        Open(store),
        store,
        (table, number, from, asked, token) =>
        {
            var rule = KeyCompactionRule.Of(options, Options.FileBytesTarget);
            return Keys(store).CompactAsync(new TierTask(number.Number, from, table, LakeFolders.Of(table)), asked ? rule.WhenAsked : rule, token);
        },
        options);

    /// <summary>A compaction and its commit, as a coordinator makes them; answers how the commit ended, null where nothing was worth it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="rule">What is worth it.</param>
    /// <param name="meanwhile">Happens between the writing and the commit.</param>
    public async Task<LakeCommit?> CompactAsync(ILakeStore store, KeyCompactionRule rule, Func<Task>? meanwhile = null)
    {
        var lake = Open(store);
        var head = (await lake.ReadAsync(default))!;
        var task = new TierTask(0, head.Offsets[Bucket], bucket.Table, LakeFolders.Of(bucket.Table));
        var files = await Keys(store).CompactAsync(task, rule, default);
        if (files.Added.IsEmpty && files.Removed.IsEmpty)
            return null;
        if (meanwhile is not null)
            await meanwhile();
        return await lake.CommitAsync(
            new LakeChange { From = head.Offsets, To = head.Offsets, Guarded = [Bucket], Added = files.Added, Removed = files.Removed, Needed = files.Needed, Schema = bucket.Table.Schema }, default);
    }

    /// <summary>The lake is, at its offset, what the changelog comes to; answers that offset.</summary>
    public async Task<long> CheckAsync(ILakeStore store)
    {
        var (end, rows) = await ReadAsync(store);
        var expected = new SortedDictionary<long, (string Row, long Offset)>();
        foreach (var change in await bucket.ReadChangelogAsync())
        {
            if (change.Offset >= end)
                break;
            if (change.Kind is ChangeKind.Insert or ChangeKind.UpdateAfter)
                expected[KeyOf(change.Row)] = (change.Row, change.Offset);
            else
                expected.Remove(KeyOf(change.Row));
        }

        Assert.Equal(expected.Values, rows.OrderBy(row => KeyOf(row.Row)));
        return end;
    }

    /// <summary>The rows that a reader of Iceberg sees in the newest version, and the offset that it is of.</summary>
    public async Task<(long End, List<(string Row, long Offset)> Rows)> ReadAsync(ILakeStore store)
    {
        var lake = Open(store);
        if (await lake.ReadAsync(default) is not { } state)
            return (0, []);
        var data = await lake.ListFilesAsync(state, 0, default).ToListAsync();
        var deletes = await lake.ListDeletesAsync(state, 0, default).ToListAsync();
        var deleted = await PositionDeletes.ReadAsync(store, deletes, data.ToDictionary(file => file.Location), new LakeFramesOptions(), default);
        var rows = new List<(string, long)>();
        var schema = LakeColumns.Extend(bucket.Table.Schema);
        foreach (var file in data)
        {
            using var stream = new LakeFileStream(store, store.NameOf(file.Location), file.Bytes, 1024);
            using var reader = await LakeFileReader.OpenAsync(stream, new LakeReadOptions(), default);
            Assert.Equal(file.Rows, reader.Rows);
            await foreach (var batch in reader.ReadAsync(schema, null, default))
                using (batch)
                {
                    var offsets = (Int64Array)batch.Rows.Column(schema.Columns.Length - 2);
                    var values = ArrowRows.Read(bucket.Table.Schema.Columns, batch.Rows);
                    rows.AddRange(values.Select((row, i) => (Row: row, At: i))
                        .Where(row => deleted.Of(file.Location)?.Contains(batch.FirstRow + row.At) != true)
                        .Select(row => (ArrowRows.Text([row.Row]), offsets.GetValue(row.At)!.Value)));
                }
        }

        return (state.Offsets[Bucket].Value, rows);
    }

    public LakeTable Open(ILakeStore store) => new(store, LakeFolders.Of(bucket.Table), time, new LakeTableOptions());

    private async Task<TieredRows> WriteAsync(ILakeStore store, TableInfo table, int number, LogOffset from, CancellationToken token)
    {
        var written = await Keys(store).RunAsync(new TierTask(number, from, table, LakeFolders.Of(table)), bucket.Engine, bucket.Engine.FetchAsync, token);
        if (AfterWriting is { } after)
            await after();
        return written;
    }

    private KeyTiering Keys(ILakeStore store) => bucket.Engine.GetKeyTiering((folder, resources) => new KeyTiering(Open(store), store, folder, resources, Options, time));

    private static long KeyOf(string row) => long.Parse(row.TrimStart('[', '(', ' ').Split(',', '|', ' ', ')')[0], System.Globalization.CultureInfo.InvariantCulture);
}
