using System.Diagnostics;
using Grid.Cluster.Tests.Membership;
using Grid.Testing.Objects;
using Xunit.Abstractions;

namespace Grid.Cluster.Tests.Failover;

/// <summary>Three real processes whose object store is Azure Blobs: the emulator of this machine.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class AzureFailoverTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Killing_the_leaders_process_loses_nothing_and_the_node_comes_back()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var nodes = await ReplicatedNodes.StartAsync(output, azurite.NewLocation());
        Assert.False(Directory.Exists(nodes.ClusterDirectory)); // nothing is shared but the container
        await using var traffic = new Traffic(nodes);
        await traffic.FlowAsync(500);
        var victim = await nodes.FindBusiestLeaderAsync();
        var killed = Stopwatch.GetTimestamp();
        await nodes.KillAsync(victim);
        await traffic.FlowAsync(1500);
        var pauses = traffic.LongestPauses(killed);
        await nodes.StartAsync(victim);
        await nodes.WaitUntilInSyncAsync();
        output.WriteLine($"From the kill on, the longest pause of writes {pauses.Writes.TotalMilliseconds:0} ms, of lookups {pauses.Lookups.TotalMilliseconds:0} ms.");
        await traffic.StopAndVerifyAsync();
        Assert.InRange(pauses.Lookups, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_node_that_stops_hands_over_and_its_successor_on_an_empty_disk_is_filled()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var nodes = await ReplicatedNodes.StartAsync(output, azurite.NewLocation());
        await using var traffic = new Traffic(nodes);
        await traffic.FlowAsync(500);
        await nodes.StopAsync("a");
        nodes.WipeDisk("a");
        await traffic.FlowAsync(500);
        await nodes.StartAsync("a"); // it gave its name back when it stopped
        await nodes.WaitUntilInSyncAsync();
        Assert.Empty(traffic.Refusals);
        await traffic.StopAndVerifyAsync();
    }
}
