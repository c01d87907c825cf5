using Grid.Abstractions;
using Grid.Grains.Tests.Nodes;
using Column = Grid.Abstractions.Column;

namespace Grid.Grains.Tests.Cluster;

/// <summary>Three nodes with a table of four buckets that have some rows, and its administration.</summary>
internal sealed class MovedCluster : IAsyncDisposable
{
    public const int Buckets = 4;
    private const int Rows = 10;

    private MovedCluster(NodeCluster nodes, TableInfo table)
    {
        Nodes = nodes;
        Table = table;
    }

    public NodeCluster Nodes { get; }

    public TableInfo Table { get; private set; }

    public IClusterGrain Admin => Nodes.Client.GetGrain<IClusterGrain>(0);

    public static async Task<MovedCluster> StartAsync(int replicas, Func<string, GridNodeOptions, GridNodeOptions>? configure = null)
    {
        var nodes = await NodeCluster.StartAsync(configure);
        var cluster = new MovedCluster(nodes, await CreateTableAsync(nodes, "moved", replicas));
        for (var number = 0; number < Buckets; number++)
            await cluster.AppendAsync(number, 0);
        return cluster;
    }

    public static async Task<TableInfo> CreateTableAsync(NodeCluster nodes, string name, int replicas)
    {
        var catalog = nodes.Client.GetGrain<ICatalogGrain>(0);
        await catalog.CreateDatabaseAsync("air", ifNotExists: true);
        return await catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", name),
            Columns = [new Column("id", DataType.Int64, nullable: false)],
            Options = new TableOptions { Buckets = Buckets, Replicas = replicas },
        });
    }

    public IBucketGrain Bucket(int number) => Nodes.Client.GetGrain<IBucketGrain>(Table.Bucket(number).ToString());

    /// <summary>Appends ten rows; a bucket whose lead changes is asked again.</summary>
    public Task AppendAsync(int number, long first) => GridCluster.AppendOnceAsync(Bucket(number), Table, [.. Enumerable.Range(0, Rows).Select(i => first + i)]);

    public Task<List<long>> ReadAsync(int number) => NodeCluster.AnswerAsync(() => GridCluster.ReadAsync(Bucket(number), Table));

    public async Task<BucketRecord> RecordAsync(int number) => (await Nodes.Records.ReadAsync(Table.Bucket(number), default))!.Record;

    /// <summary>Steps until nothing is left to do; the last one's answer.</summary>
    public async Task<RebalanceProgress> SettleAsync(RebalanceRequest request)
    {
        RebalanceProgress? last = null;
        await NodeCluster.EventuallyAsync(async () => (last = await Admin.StepAsync(request)).IsDone);
        return last!;
    }

    public async Task SetReplicasAsync(int replicas)
    {
        Table = await Nodes.Client.GetGrain<ITableGrain>(Table.Id.Value).SetOptionsAsync(Table.Options with { Replicas = replicas });
        await SettleAsync(new RebalanceRequest { Goal = RebalanceGoal.Copies, Table = Table.Id });
    }

    /// <summary>Whether a node has files of the table's buckets.</summary>
    public bool HasFiles(NodeName node) => Directory.Exists(TableFolder(node)) && Directory.EnumerateFiles(TableFolder(node), "*", SearchOption.AllDirectories).Any();

    public string TableFolder(NodeName node) => Path.Combine(Nodes.Root, node.Value, "buckets", Table.Id.ToString());

    public ValueTask DisposeAsync() => Nodes.DisposeAsync();
}
