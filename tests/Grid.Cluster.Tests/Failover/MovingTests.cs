using System.Diagnostics;
using Grid.Abstractions;
using Grid.Cluster.Tests.Membership;
using Xunit.Abstractions;

namespace Grid.Cluster.Tests.Failover;

/// <summary>Real processes: a node joins and is filled, another one is drained and stopped, tables get fewer and more copies, and writers go on.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class MovingTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_fourth_node_is_filled_another_one_drained_and_stopped_and_writers_go_on()
    {
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        await using var traffic = new Traffic(nodes);
        await traffic.FlowAsync(1000);
        await nodes.StartAsync("d");
        var started = Stopwatch.GetTimestamp();

        var filled = await nodes.Client.Cluster.RebalanceAsync();
        Assert.Empty(filled.Stuck);
        var joined = await FindAsync(nodes, "d");
        Print("filled", started, traffic);
        Assert.InRange(joined.Buckets, 3, 8); // 2 tables x 4 buckets x 3 replicas over 4 nodes: 6, as far as bytes are even
        await traffic.FlowAsync(300);

        started = Stopwatch.GetTimestamp();
        await nodes.Client.Cluster.DrainAsync("b");
        Print("drained", started, traffic);
        var drained = await FindAsync(nodes, "b");
        Assert.Equal((NodeState.Draining, 0, 0), (drained.State, drained.Buckets, drained.Leaders));
        await nodes.WaitUntilAsync(() => nodes.CountFiles("b") == 0);
        await nodes.StopAsync("b");
        await traffic.FlowAsync(300);

        started = Stopwatch.GetTimestamp();
        foreach (var replicas in new[] { 2, 3 })
        {
            var options = nodes.Events.Untyped.Info.Options with { Replicas = replicas, MinInSync = 0 };
            await nodes.Client.SetOptionsAsync("f.events", options);
            await nodes.Client.Cluster.ApplyReplicasAsync("f.events");
            await foreach (var bucket in nodes.Client.Cluster.ListBucketsAsync("f.events"))
                Assert.Equal((replicas, replicas, 0), (bucket.Record.Replicas.Length, bucket.Record.InSync.Length, bucket.Record.Target.Length));
            await traffic.FlowAsync(300);
        }

        Print("copies changed", started, traffic);
        Assert.Empty(traffic.Refusals);
        await traffic.StopAndVerifyAsync();
    }

    private static async Task<NodeInfo> FindAsync(ReplicatedNodes nodes, string name) => (await nodes.Client.Cluster.ListNodesAsync()).Single(node => node.Name.Value == name);

    private void Print(string what, long since, Traffic traffic)
    {
        var pauses = traffic.LongestPauses(since);
        output.WriteLine($"{what} in {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s; longest pause of writes {pauses.Writes.TotalMilliseconds:0} ms, of lookups {pauses.Lookups.TotalMilliseconds:0} ms.");
    }
}
