using Apache.Arrow;
using Grid.Abstractions;
using Grid.Grains.Tests.Nodes;
using Grid.Grains.Tiering;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Keys;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Column = Grid.Abstractions.Column;

namespace Grid.Grains.Tests.Tiering;

/// <summary>A table of a key and a number that tiers, and its lake as a reader of Iceberg sees it.</summary>
internal sealed class KeyedTable(IGrainFactory client, TableInfo table, LakeNode lake)
{
    public TableInfo Table { get; } = table;

    public ILakeGrain Lake => client.GetGrain<ILakeGrain>(Table.Id.Value);

    public static async Task<KeyedTable> CreateAsync(IGrainFactory client, LakeNode lake, TableOptions options)
    {
        var catalog = client.GetGrain<ICatalogGrain>(0);
        await catalog.CreateDatabaseAsync("air", ifNotExists: true);
        var table = await catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", "keyed"),
            Columns = [new Column("id", DataType.Int64, nullable: false), new Column("n", DataType.Int64, nullable: false)],
            PrimaryKey = ["id"],
            Options = options,
        });
        return new KeyedTable(client, table, lake);
    }

    public IBucketGrain Bucket(int number) => client.GetGrain<IBucketGrain>(Table.Bucket(number).ToString());

    /// <summary>Writes the number under the keys, or deletes them, until that is answered.</summary>
    public Task<WriteAnswer> WriteAsync(int bucket, long number, bool delete, params long[] keys)
    {
        var writer = new WriterId(Random.Shared.NextInt64(1, long.MaxValue));
        return NodeCluster.AnswerAsync(async () =>
        {
            using var frame = Frame(number, delete, keys, writer);
            return await Bucket(bucket).WriteAsync(new WriteRequest { Frame = frame, Mode = WriteMode.Upsert }, default);
        });
    }

    /// <summary>The rows of a bucket as its leader has them, and the offset they are as of.</summary>
    public Task<(LogOffset Offset, List<(long Key, long Number)> Rows)> ScanAsync(int bucket) => NodeCluster.AnswerAsync(async () =>
    {
        var page = await Bucket(bucket).OpenScanAsync(new ScanRequest { SchemaVersion = Table.Schema.Version }, default);
        using var frames = page.Rows;
        Assert.Equal(0, page.ScanId);
        if (frames is null)
            return (page.Offset, []);
        var reader = new FrameReader(frames.Memory);
        reader.Read();
        using var batch = FrameDecoder.Decode(reader.Current.Message, reader.Current.Header.RowCount, ArrowSchemas.ToArrow(Table.Schema));
        return (page.Offset, Rows(batch));
    });

    /// <summary>Waits until the lake has all there is.</summary>
    public async Task TieredAsync(int buckets)
    {
        await NodeCluster.AnswerAsync(async () =>
        {
            await Lake.TierAsync();
            return true;
        });
        for (var bucket = 0; bucket < buckets; bucket++)
        {
            var number = bucket;
            var (end, _) = await ScanAsync(bucket);
            await NodeCluster.EventuallyAsync(async () => (await NodeCluster.AnswerAsync(Lake.GetStatusAsync)).Buckets[number].Tiered >= end);
        }
    }

    /// <summary>The rows of a bucket in the lake, by key.</summary>
    public async Task<List<(long Key, long Number)>> ReadLakeAsync(int bucket)
    {
        var table = lake.Open(Table);
        var state = (await table.ReadAsync(default))!;
        var data = await table.ListFilesAsync(state, bucket, default).ToListAsync();
        var deletes = await table.ListDeletesAsync(state, bucket, default).ToListAsync();
        var deleted = await PositionDeletes.ReadAsync(lake.Store, deletes, data.ToDictionary(file => file.Location), new LakeFramesOptions(), default);
        var rows = new List<(long Key, long Number)>();
        foreach (var file in data)
        {
            using var stream = new LakeFileStream(lake.Store, file.Location[(lake.Store.Root.Length + 1)..], file.Bytes, 1024);
            using var reader = await LakeFileReader.OpenAsync(stream, new LakeReadOptions(), default);
            await foreach (var batch in reader.ReadAsync(LakeColumns.Extend(Table.Schema), null, default))
                using (batch)
                    rows.AddRange(Rows(batch.Rows).Where((_, row) => deleted.Of(file.Location)?.Contains(batch.FirstRow + row) != true));
        }

        return [.. rows.OrderBy(row => row.Key)];
    }

    private static List<(long Key, long Number)> Rows(RecordBatch batch)
    {
        var (keys, numbers) = ((Int64Array)batch.Column(0), (Int64Array)batch.Column(1));
        return [.. Enumerable.Range(0, batch.Length).Select(row => (keys.GetValue(row)!.Value, numbers.GetValue(row)!.Value))];
    }

    private FrameBlock Frame(long number, bool delete, long[] keys, WriterId writer)
    {
        var arrays = new List<IArrowArray> { new Int64Array.Builder().AppendRange(keys).Build(), new Int64Array.Builder().AppendRange(keys.Select(_ => number)).Build() };
        if (delete)
            arrays.Add(new Int8Array.Builder().AppendRange(keys.Select(_ => (sbyte)ChangeKind.Delete)).Build());
        using var batch = new RecordBatch(ArrowSchemas.ToArrow(Table.Schema, null, change: delete, version: false), arrays, keys.Length);
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        return encoder.Encode(batch, Table.Schema, null, delete ? FrameFlags.ChangeKinds : FrameFlags.None, writer, 0);
    }
}
