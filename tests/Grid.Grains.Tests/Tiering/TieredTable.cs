using Apache.Arrow;
using Grid.Abstractions;
using Grid.Grains.Tests.Nodes;
using Grid.Grains.Tiering;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Column = Grid.Abstractions.Column;

namespace Grid.Grains.Tests.Tiering;

/// <summary>A log table of one column that tiers, and its lake as it lies in the store.</summary>
internal sealed class TieredTable(IGrainFactory client, TableInfo table, LakeNode lake)
{
    public TableInfo Table { get; set; } = table;

    public ILakeGrain Lake => client.GetGrain<ILakeGrain>(Table.Id.Value);

    /// <summary>Looks often, so that tests need not wait.</summary>
    public static GridNodeOptions Quick(GridNodeOptions options) => options with
    {
        RetentionIntervalMs = 1000,
        Lake = options.Lake with { TickMs = 50, CheckMs = 200 },
    };

    /// <summary>And rewrites files as soon as there are a few.</summary>
    public static GridNodeOptions Compacting(GridNodeOptions options)
    {
        var quick = Quick(options);
        return quick with { Lake = quick.Lake with { Compaction = new CompactionOptions { FilesMin = 3, Growth = 2 } } };
    }

    public static async Task<TieredTable> CreateAsync(IGrainFactory client, LakeNode lake, TableOptions options, string name = "tiered")
    {
        var catalog = client.GetGrain<ICatalogGrain>(0);
        await catalog.CreateDatabaseAsync("air", ifNotExists: true);
        var table = await catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", name),
            Columns = [new Column("id", DataType.Int64, nullable: false)],
            Options = options,
        });
        return new TieredTable(client, table, lake);
    }

    public IBucketGrain Bucket(int number) => client.GetGrain<IBucketGrain>(Table.Bucket(number).ToString());

    public Task<AppendAnswer> AppendAsync(int bucket, long first, int count) =>
        GridCluster.AppendOnceAsync(Bucket(bucket), Table, [.. Enumerable.Range(0, count).Select(i => first + i)]);

    /// <summary>Waits until the lake has every row below these offsets.</summary>
    public async Task<LakeStatus> TieredAsync(params long[] ends)
    {
        LakeStatus? status = null;
        await NodeCluster.EventuallyAsync(async () =>
        {
            status = await NodeCluster.AnswerAsync(Lake.GetStatusAsync);
            return Enumerable.Range(0, ends.Length).All(bucket => status.Buckets[bucket].Tiered.Value >= ends[bucket]);
        });
        return status!;
    }

    /// <summary>Id and offset of each row of a bucket in the lake, as its files have them, in the order of the files' names.</summary>
    public async Task<List<(long Id, long Offset)>> ReadLakeAsync(int bucket)
    {
        var table = lake.Open(Table);
        var state = await table.ReadAsync(default);
        var files = new List<LakeFile>();
        if (state is not null)
            await foreach (var file in table.ListFilesAsync(state, bucket, default))
                files.Add(file);
        var rows = new List<(long, long)>();
        foreach (var file in files.OrderBy(file => file.Location, StringComparer.Ordinal))
            rows.AddRange(await ReadAsync(lake.Store, file.Location[(lake.Store.Root.Length + 1)..]));
        return rows;
    }

    private async Task<List<(long Id, long Offset)>> ReadAsync(ILakeStore store, string name)
    {
        var length = await store.FindLengthAsync(name, default) ?? throw new FileNotFoundException(name);
        var bytes = await store.ReadRangeAsync(name, 0, (int)length, default);
        using var stream = new MemoryStream(bytes!.Value.ToArray());
        using var reader = await LakeFileReader.OpenAsync(stream, new LakeReadOptions(), default);
        var rows = new List<(long, long)>();
        await foreach (var batch in reader.ReadAsync(LakeColumns.Extend(Table.Schema), null, default))
            using (batch)
                for (var i = 0; i < batch.Rows.Length; i++)
                    rows.Add((((Int64Array)batch.Rows.Column(0)).GetValue(i)!.Value, ((Int64Array)batch.Rows.Column(2)).GetValue(i)!.Value));
        return rows;
    }
}
