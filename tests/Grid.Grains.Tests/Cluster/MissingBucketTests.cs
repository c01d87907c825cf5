using Grid.Abstractions;
using Grid.Grains.Buckets;
using Grid.Grains.Tests.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Grains.Tests.Cluster;

public sealed class MissingBucketTests
{
    [Fact]
    public async Task A_copy_that_was_lost_of_a_bucket_that_nobody_uses_is_made_again()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 2, (_, options) => options with { SweepMs = 1000, BucketIdleMs = 1000 });
        var record = await cluster.RecordAsync(0);
        var (leader, follower) = (record.Leader!.Value, record.Replicas.Single(node => node != record.Leader));
        var folder = Path.Combine(cluster.Nodes.Root, follower.Value, "buckets", cluster.Table.Bucket(0).ToString());
        await NodeCluster.EventuallyAsync(() => Task.FromResult(
            cluster.Nodes.Silos.Silos.All(silo => silo.ServiceProvider.GetRequiredService<BucketHost>().OpenBuckets == 0)));

        Directory.Delete(folder, recursive: true);

        // Nobody calls the bucket: the node itself finds out.
        await NodeCluster.EventuallyAsync(() => Task.FromResult(Directory.Exists(Path.Combine(folder, "log"))));
        await NodeCluster.EventuallyAsync(async () =>
            (await cluster.Bucket(0).GetStatusAsync()).Replicas.Any(replica => replica.Node == follower && replica.IsInSync && replica.EndOffset.Value == 10));
        await cluster.Nodes.Silos.KillSiloAsync(cluster.Nodes.Silo(leader.Value));
        Assert.Equal(10, (await cluster.ReadAsync(0)).Count);
    }
}
