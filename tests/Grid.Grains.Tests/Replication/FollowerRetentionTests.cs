using Grid.Abstractions;
using Grid.Grains.Replication;
using Grid.Grains.Tests.Nodes;

namespace Grid.Grains.Tests.Replication;

public sealed class FollowerRetentionTests
{
    [Fact]
    public async Task Every_copy_is_cut_by_the_tables_retention()
    {
        const int Rows = 4000;
        await using var cluster = await NodeCluster.StartAsync((_, options) => options with { RetentionIntervalMs = 1000 });
        var catalog = cluster.Client.GetGrain<ICatalogGrain>(0);
        await catalog.CreateDatabaseAsync("air", ifNotExists: true);
        var table = await catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", "cut"),
            Columns = [new Column("id", DataType.Int64, nullable: false)],
            Options = new TableOptions { Buckets = 1, Replicas = 3, MinInSync = 2, SegmentBytesMax = 64 * 1024, RetentionBytes = 128 * 1024 },
        });
        var bucket = cluster.Client.GetGrain<IBucketGrain>(table.Bucket(0).ToString());
        var random = new Random(1);
        for (var i = 0; i < 20; i++)
        {
            var ids = Enumerable.Range(0, Rows).Select(_ => random.NextInt64()).ToArray();
            await GridCluster.AppendOnceAsync(bucket, table, ids);
        }

        foreach (var node in cluster.Names)
        {
            var replica = cluster.Client.GetGrain<IReplicaGrain>(new ReplicaKey(table.Bucket(0), node).ToString());
            await NodeCluster.EventuallyAsync(async () => await replica.GetStatusAsync() is { LogBytes: < 256 * 1024, StartOffset.Value: > 0 });
        }
    }
}
