using Apache.Arrow;
using Grid.Abstractions;
using Grid.Grains.Buckets;
using Grid.Grains.Tests.Nodes;
using Grid.Storage;
using Grid.Storage.Catalog;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using Column = Grid.Abstractions.Column;

namespace Grid.Grains.Tests;

/// <summary>One silo with Grid's grains over a directory of its own, and a client outside it. What it sends is written and read like on a network.</summary>
public sealed class GridCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private GridCluster(InProcessTestCluster cluster, string directory)
    {
        _cluster = cluster;
        Directory = directory;
    }

    public string Directory { get; }

    public IGrainFactory Client => _cluster.Client;

    public ICatalogGrain Catalog => Client.GetGrain<ICatalogGrain>(0);

    public BucketHost Host => Services.GetRequiredService<BucketHost>();

    public CatalogStore Store => Services.GetRequiredService<CatalogStore>();

    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    public static async Task<GridCluster> StartAsync(Func<GridNodeOptions, GridNodeOptions>? configure = null)
    {
        var directory = Path.Combine(Path.GetTempPath(), "grid-grains-" + Guid.NewGuid().ToString("N"));
        var options = new GridNodeOptions
        {
            Storage = new StorageNodeOptions
            {
                DataDirectory = directory,
                DefaultFlush = FlushPolicy.Os,
                BlockCacheBytes = 8 << 20,
                WriteBufferBytes = 8 << 20,
            },
            OpenWaitMsMax = 20_000,
        };
        options = configure is null ? options : configure(options);
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.Services.AddGridGrains(options));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new GridCluster(cluster, directory);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    public async Task StopAsync() => await _cluster.DisposeAsync();

    public async Task<TableInfo> CreateTableAsync(string name = "flights", int buckets = 1, bool primaryKey = false)
    {
        await Catalog.CreateDatabaseAsync("air", ifNotExists: true);
        return await Catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", name),
            Columns = [new Column("id", DataType.Int64, nullable: false)],
            PrimaryKey = primaryKey ? ["id"] : [],
            Options = new TableOptions { Buckets = buckets },
        });
    }

    public IBucketGrain Bucket(TableInfo table, int number = 0) => Client.GetGrain<IBucketGrain>(table.Bucket(number).ToString());

    /// <summary>Appends rows of the one column of <see cref="CreateTableAsync"/>.</summary>
    public static async Task<AppendAnswer> AppendAsync(IBucketGrain bucket, TableInfo table, params long[] ids)
    {
        using var frame = Frame(table, ids);
        return await bucket.AppendAsync(new AppendRequest { Frames = frame }, default);
    }

    /// <summary>The same, made again until it is answered: rows of a writer of their own, which land once.</summary>
    public static async Task<AppendAnswer> AppendOnceAsync(IBucketGrain bucket, TableInfo table, params long[] ids)
    {
        var writer = new WriterId(Random.Shared.NextInt64(1, long.MaxValue));
        return await NodeCluster.AnswerAsync(async () =>
        {
            using var frame = Frame(table, writer, ids);
            return await bucket.AppendAsync(new AppendRequest { Frames = frame }, default);
        });
    }

    public static FrameBlock Frame(TableInfo table, params long[] ids) => Frame(table, new WriterId(0), ids);

    private static FrameBlock Frame(TableInfo table, WriterId writer, long[] ids)
    {
        var schema = table.Schema;
        var arrays = new List<IArrowArray> { new Int64Array.Builder().AppendRange(ids).Build() };
        for (var i = 1; i < schema.Columns.Length; i++)
            arrays.Add(new Int64Array.Builder().AppendRange(ids).Build());
        using var batch = new RecordBatch(ArrowSchemas.ToArrow(schema), arrays, ids.Length);
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        return encoder.Encode(batch, schema, null, FrameFlags.None, writer, 0);
    }

    /// <summary>Every row from an offset to the present end.</summary>
    public static async Task<List<long>> ReadAsync(IBucketGrain bucket, TableInfo table, long from = 0)
    {
        var ids = new List<long>();
        for (var offset = from; ;)
        {
            var answer = await bucket.FetchAsync(new FetchRequest { Offset = new LogOffset(offset), SchemaVersion = table.Schema.Version }, default);
            if (answer.Frames is null)
                return ids;
            ids.AddRange(Rows(answer, table));
            offset = answer.NextOffset.Value;
        }
    }

    public static List<long> Rows(FetchAnswer answer, TableInfo table)
    {
        using var frames = answer.Frames!;
        var ids = new List<long>();
        var reader = new FrameReader(frames.Memory);
        while (reader.Read())
        {
            var frame = reader.Current;
            using var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, ArrowSchemas.ToArrow(table.GetSchema(frame.Header.SchemaVersion)));
            var column = (Int64Array)batch.Column(0);
            for (var i = 0; i < column.Length; i++)
                ids.Add(column.GetValue(i)!.Value);
        }

        return ids;
    }

    /// <summary>Deactivates what is idle now, and returns when the bucket's files are closed.</summary>
    public async Task CloseIdleAsync(TableInfo table, int number = 0)
    {
        var released = Host.WhenReleasedAsync(table.Bucket(number));
        while (!released.IsCompleted)
        {
            await Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
            await Task.WhenAny(released, Task.Yield().AsTask());
        }
    }

    public static async Task<GridException> RefusedAsync(GridErrorCode code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<GridException>(call);
        Assert.True(code == refusal.Code, $"{code} expected, {refusal.Code}: {refusal.Message}");
        return refusal;
    }
}

internal static class YieldExtensions
{
    public static async Task AsTask(this System.Runtime.CompilerServices.YieldAwaitable yield) => await yield;
}
