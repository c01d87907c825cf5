using Grid.Abstractions;
using Grid.Grains.Tests.Nodes;

namespace Grid.Grains.Tests.Cluster;

public sealed class ClusterGrainTests
{
    [Fact]
    public async Task A_drained_node_has_nothing_any_more_and_gets_nothing_new()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 2);
        var node = (await cluster.RecordAsync(0)).Leader!.Value;
        Assert.True(cluster.HasFiles(node));
        await cluster.Admin.MarkDrainingAsync(node);
        await cluster.Admin.MarkDrainingAsync(node);
        var end = await cluster.SettleAsync(new RebalanceRequest { Goal = RebalanceGoal.Drain, MovesMax = 2 });
        Assert.Equal((0, 0), (end.Draining, end.Stuck.Length));

        var info = (await cluster.Admin.ListNodesAsync()).Single(one => one.Name == node);
        Assert.Equal((NodeState.Draining, 0, 0, 0L), (info.State, info.Buckets, info.Leaders, info.Bytes));
        for (var number = 0; number < MovedCluster.Buckets; number++)
        {
            Assert.Equal(Enumerable.Range(0, 10).Select(id => (long)id), await cluster.ReadAsync(number));
            Assert.Equal(2, (await cluster.RecordAsync(number)).InSync.Length);
        }

        // The leaders tell the node; it deletes what it had.
        await NodeCluster.EventuallyAsync(() => Task.FromResult(!cluster.HasFiles(node)));
        await NodeCluster.EventuallyAsync(() => Task.FromResult(cluster.Nodes.Names.All(name => cluster.Nodes.Directory(name.Value).Nodes.Single(one => one.Name == node).IsDraining)));
        var next = await MovedCluster.CreateTableAsync(cluster.Nodes, "next", replicas: 2);
        for (var number = 0; number < MovedCluster.Buckets; number++)
        {
            await cluster.Nodes.Client.GetGrain<IBucketGrain>(next.Bucket(number).ToString()).GetStatusAsync();
            Assert.DoesNotContain(node, (await cluster.Nodes.Records.ReadAsync(next.Bucket(number), default))!.Record.Replicas);
        }

        Assert.True(await cluster.Admin.UnmarkDrainingAsync(node));
        Assert.False(await cluster.Admin.UnmarkDrainingAsync(node));
        Assert.Equal(NodeState.Live, (await cluster.Admin.ListNodesAsync()).Single(one => one.Name == node).State);
    }

    [Fact]
    public async Task With_too_few_nodes_left_a_drain_is_refused_and_leaves_no_mark()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 3);
        var refusal = await GridCluster.RefusedAsync(GridErrorCode.NotEnoughReplicas, () => cluster.Admin.MarkDrainingAsync(cluster.Nodes.Names[0]));
        Assert.Contains("3 replicas", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--replicas 2", refusal.Message, StringComparison.Ordinal);
        await GridCluster.RefusedAsync(GridErrorCode.UnknownNode, () => cluster.Admin.MarkDrainingAsync(new NodeName("x")));
        Assert.All(await cluster.Admin.ListNodesAsync(), node => Assert.Equal(NodeState.Live, node.State));
    }

    [Fact]
    public async Task A_table_gets_more_copies_and_fewer()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 1);
        await cluster.SetReplicasAsync(3);
        for (var number = 0; number < MovedCluster.Buckets; number++)
        {
            var record = await cluster.RecordAsync(number);
            Assert.Equal((3, 3, 2), (record.Replicas.Length, record.InSync.Length, record.MinInSync));
            await cluster.AppendAsync(number, 10);
        }

        await cluster.SetReplicasAsync(2);
        for (var number = 0; number < MovedCluster.Buckets; number++)
        {
            var record = await cluster.RecordAsync(number);
            Assert.Equal((2, 1), (record.Replicas.Length, record.MinInSync));
            Assert.Equal(Enumerable.Range(0, 20).Select(id => (long)id), await cluster.ReadAsync(number));
        }
    }

    [Fact]
    public async Task A_new_node_is_filled()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 3);
        var joined = await cluster.Nodes.Silos.StartAdditionalSiloAsync();
        var name = new NodeName(joined.Name);
        await NodeCluster.EventuallyAsync(() => Task.FromResult(cluster.Nodes.Silos.Silos.All(silo => cluster.Nodes.Directory(silo.Name).Nodes.Length == 4)));

        var plan = await cluster.Admin.StepAsync(new RebalanceRequest { DryRun = true });
        Assert.Contains(plan.Begun, move => move.Target.Contains(name));
        Assert.True((await cluster.RecordAsync(0)).Target.IsDefaultOrEmpty);

        await cluster.SettleAsync(new RebalanceRequest { MovesMax = 2 });
        var nodes = await cluster.Admin.ListNodesAsync();
        Assert.All(nodes, node => Assert.InRange(node.Buckets, 2, 4));
        Assert.All(nodes, node => Assert.InRange(node.Leaders, 0, 2));
        for (var number = 0; number < MovedCluster.Buckets; number++)
        {
            await cluster.AppendAsync(number, 10);
            Assert.Equal(Enumerable.Range(0, 20).Select(id => (long)id), await cluster.ReadAsync(number));
        }
    }

    [Fact]
    public async Task Buckets_are_listed_with_leader_and_lag_page_by_page()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 3);
        var first = await cluster.Admin.ListBucketsAsync(new BucketQuery { Table = cluster.Table.Id, CountMax = 3 });
        Assert.Equal([0, 1, 2], first.Select(bucket => bucket.Bucket.Number));
        var rest = await cluster.Admin.ListBucketsAsync(new BucketQuery { After = first[^1].Bucket });
        Assert.Equal(3, Assert.Single(rest).Bucket.Number);
        Assert.All(first, bucket =>
        {
            Assert.Equal("air.moved", bucket.Table.ToString());
            Assert.True(bucket.IsOpen);
            Assert.Equal((10L, 3, 0L), (bucket.LogEndOffset.Value, bucket.Replicas.Length, bucket.Lag));
            Assert.Contains(bucket.Record.Leader!.Value, bucket.Record.InSync);
            Assert.True(bucket.Bytes > 0);
        });
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => cluster.Admin.ListBucketsAsync(new BucketQuery { CountMax = 0 }));
    }

    [Fact]
    public async Task Removed_and_added_again_a_copy_is_whole()
    {
        await using var cluster = await MovedCluster.StartAsync(replicas: 2);
        var record = await cluster.RecordAsync(0);
        var other = record.Replicas.Single(node => node != record.Leader);
        var third = cluster.Nodes.Names.Single(node => !record.Replicas.Contains(node));
        for (var round = 1; round <= 3; round++)
        {
            await MoveAsync(record.Leader!.Value, third);
            await cluster.AppendAsync(0, 20 * round);
            await MoveAsync(record.Leader!.Value, other);
            await cluster.AppendAsync(0, (20 * round) + 10);
        }

        await MoveAsync(other);
        Assert.Equal(70, (await cluster.ReadAsync(0)).Count);
        Assert.Equal(other, (await cluster.RecordAsync(0)).Leader);

        async Task MoveAsync(params NodeName[] target)
        {
            var bucket = cluster.Table.Bucket(0);
            await NodeCluster.EventuallyAsync(async () =>
                await cluster.Nodes.Records.ReadAsync(bucket, default) is { } read
                && await cluster.Nodes.Records.TryReplaceAsync(bucket, read, read.Record with { Target = [.. target] }, default) is not null);
            await NodeCluster.EventuallyAsync(async () =>
            {
                await cluster.Admin.StepAsync(new RebalanceRequest { Goal = RebalanceGoal.Drain });
                return (await cluster.RecordAsync(0)).Replicas.SequenceEqual(target);
            });
        }
    }
}
