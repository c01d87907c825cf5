using Grid.Abstractions;
using Grid.Grains.Buckets;
using Grid.Grains.Tests.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Grains.Tests.Cluster;

public sealed class OrphanTests
{
    [Fact]
    public async Task Files_of_a_bucket_that_the_record_does_not_name_are_found_and_deleted()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 2, (_, options) => options with { SweepMs = 1000 });
        var record = await cluster.RecordAsync(0);
        var stranger = cluster.Nodes.Names.Single(node => !record.Replicas.Contains(node));
        var folder = Leave(cluster, stranger, cluster.Table.Bucket(0));
        await NodeCluster.EventuallyAsync(() => Task.FromResult(!Directory.Exists(folder)));
        Assert.All(record.Replicas, node => Assert.True(cluster.HasFiles(node)));
        Assert.Equal(10, (await cluster.ReadAsync(0)).Count);
    }

    [Fact]
    public async Task What_is_left_of_a_dropped_table_goes_and_what_nobody_knows_stays()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 2);
        var node = cluster.Nodes.Names[0];
        var dropped = await MovedCluster.CreateTableAsync(cluster.Nodes, "dropped", replicas: 1);
        var unused = await MovedCluster.CreateTableAsync(cluster.Nodes, "unused", replicas: 1);
        await cluster.Nodes.Client.GetGrain<ICatalogGrain>(0).DropTableAsync(dropped.Path);
        var orphans = cluster.Nodes.Silo(node.Value).ServiceProvider.GetRequiredService<OrphanBuckets>();
        var left = Leave(cluster, node, dropped.Bucket(1));
        var neverMade = new BucketId(new TableId(999), new PartitionId(0), 0);
        Leave(cluster, node, neverMade);

        // The object store may be the wrong one, or away: then nothing is certain.
        Assert.False(await orphans.IsUnnamedAsync(neverMade, default));
        Assert.False(await orphans.IsUnnamedAsync(unused.Bucket(0), default));
        cluster.Nodes.Objects.Away = true;
        await GridCluster.RefusedAsync(GridErrorCode.StorageFailed, () => orphans.DeleteUnnamedAsync(dropped.Bucket(1), default));
        Assert.True(Directory.Exists(left));
        cluster.Nodes.Objects.Away = false;
        Assert.True(await orphans.IsUnnamedAsync(dropped.Bucket(1), default));
        Assert.True(await orphans.DeleteUnnamedAsync(dropped.Bucket(1), default));
        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public async Task A_target_of_a_move_is_not_deleted()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 1);
        var record = (await cluster.Nodes.Records.ReadAsync(cluster.Table.Bucket(0), default))!;
        var next = cluster.Nodes.Names.First(node => !record.Record.Replicas.Contains(node));
        Assert.NotNull(await cluster.Nodes.Records.TryReplaceAsync(cluster.Table.Bucket(0), record, record.Record with { Target = [next] }, default));
        var orphans = cluster.Nodes.Silo(next.Value).ServiceProvider.GetRequiredService<OrphanBuckets>();
        Assert.False(await orphans.IsUnnamedAsync(cluster.Table.Bucket(0), default));
        Assert.False(await orphans.DeleteUnnamedAsync(cluster.Table.Bucket(0), default));
    }

    /// <summary>A folder as a node that was off would have it.</summary>
    private static string Leave(MovedCluster cluster, NodeName node, BucketId bucket)
    {
        var folder = Path.Combine(cluster.Nodes.Root, node.Value, "buckets", bucket.ToString());
        Directory.CreateDirectory(Path.Combine(folder, "log"));
        File.WriteAllText(Path.Combine(folder, "log", "left"), "left");
        return folder;
    }
}
