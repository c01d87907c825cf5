using Grid.Abstractions;
using Grid.Cluster.Tests.Membership;
using Xunit.Abstractions;

namespace Grid.Cluster.Tests.Failover;

/// <summary>Real nodes that are killed while rows make partitions.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class PartitionFailoverTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nodes_killed_while_rows_make_partitions_lose_nothing_and_a_stream_sees_each_row_once()
    {
        await using var nodes = await ReplicatedNodes.StartAsync(output);
        await using var table = await nodes.Client.CreateTableAsync<SlotEvent>("f.slots", new TableOptions { Buckets = 2, Replicas = 3, MinInSync = 2 });
        await using var traffic = new PartitionTraffic(table);
        foreach (var victim in nodes.Nodes)
        {
            // Each of them in turn: one has the list of partitions, one the table, one looks after both.
            await traffic.FlowAsync(300);
            await nodes.KillAsync(victim);
            await traffic.FlowAsync(500);
            await nodes.StartAsync(victim);

            // Partitions that were made meanwhile have two copies, all there was: they get their third, or the next kill would leave one.
            await nodes.Client.Cluster.ApplyReplicasAsync("f.slots");
        }

        await traffic.StopAndVerifyAsync();
        var partitions = await table.Untyped.ListPartitionsAsync();
        output.WriteLine($"{partitions.Count} partitions were made.");
        Assert.Equal(partitions.Count, partitions.Select(partition => partition.Values[0]).Distinct().Count());

        // A partition that is dropped while a node is off leaves nothing there either, once the node is back.
        await nodes.KillAsync("c");
        foreach (var partition in partitions)
            await table.Untyped.DropPartitionAsync([partition.Values[0]]);
        await nodes.StartAsync("c");
        await nodes.WaitUntilAsync(() => nodes.Nodes.All(node => !Directory.Exists(Path.Combine(nodes.DataDirectory(node), "buckets", table.Info.Id.ToString()))
            || !Directory.EnumerateFiles(Path.Combine(nodes.DataDirectory(node), "buckets", table.Info.Id.ToString()), "*", SearchOption.AllDirectories).Any()));
        Assert.Equal(0, await table.CountAsync());
    }
}
