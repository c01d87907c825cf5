using System.Diagnostics;
using Orleans.Runtime;
using Xunit.Abstractions;

namespace Grid.Cluster.Tests.Membership;

/// <summary>Real processes that meet in an object store: a hung one is voted out in seconds, busy ones stay.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class EvictionTests(ITestOutputHelper output)
{
    private static readonly TimeSpan EvictedWithin = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Burning = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Processes_with_one_object_store_see_each_other_and_a_frozen_one_is_evicted_within_seconds(int nodes)
    {
        await using var cluster = await ServerCluster.StartAsync(nodes);
        var management = (await cluster.ConnectAsync()).GetGrain<IManagementGrain>(0);
        var hosts = await management.GetHosts(onlyActive: true);
        Assert.Equal(nodes, hosts.Count);
        var members = (await cluster.Table.ReadAllAsync(default)).Members.Select(member => member.Item1).ToArray();
        Assert.Equal(Enumerable.Range(0, nodes).Select(node => $"node-{node}"), members.Select(member => member.SiloName).Order());
        Assert.Equal(hosts.Keys.ToHashSet(), members.Select(member => member.SiloAddress).ToHashSet());

        // Node 0 freezes; what the others say of it is asked at node 1.
        var survivor = (await cluster.ConnectAsync(cluster.Servers[1])).GetGrain<IManagementGrain>(0);
        await survivor.GetHosts();
        var frozen = members.Single(member => member.SiloName == "node-0").SiloAddress;
        var watch = Stopwatch.StartNew();
        await cluster.Servers[0].SignalAsync("STOP");
        var inTable = await UntilAsync(watch, async () => (await cluster.Table.ReadRowAsync(frozen, default)).Members[0].Item1.Status == SiloStatus.Dead);
        var atSurvivor = await UntilAsync(watch, async () => (await survivor.GetHosts().WaitAsync(CallPatience))[frozen] == SiloStatus.Dead);
        output.WriteLine($"{nodes} nodes: dead in the table after {inTable.TotalSeconds:0.00} s, by the word of a survivor after {atSurvivor.TotalSeconds:0.00} s");
        Assert.True(atSurvivor < EvictedWithin, $"evicted after {atSurvivor}{Environment.NewLine}{cluster.Output}");

        // What wakes up finds itself dead and ends; the others are untouched.
        await cluster.Servers[0].SignalAsync("CONT");
        await cluster.Servers[0].WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(nodes - 1, (await survivor.GetHosts(onlyActive: true)).Count);
    }

    [Fact]
    public async Task Nobody_is_evicted_while_all_cores_are_busy()
    {
        await using var cluster = await ServerCluster.StartAsync(3);
        var management = (await cluster.ConnectAsync()).GetGrain<IManagementGrain>(0);
        Assert.Equal(3, (await management.GetHosts(onlyActive: true)).Count);
        var before = await cluster.Table.ReadAllAsync(default);

        var (votes, slowest, calls) = (0, TimeSpan.Zero, 0);
        using (var busy = new BusyThreads())
        using (var timer = new PeriodicTimer(Poll))
        {
            var watch = Stopwatch.StartNew();
            while (watch.Elapsed < Burning && await timer.WaitForNextTickAsync())
            {
                var began = watch.Elapsed;
                await management.GetHosts(onlyActive: true);
                (slowest, calls) = (watch.Elapsed - began > slowest ? watch.Elapsed - began : slowest, calls + 1);
                var now = await cluster.Table.ReadAllAsync(default);
                votes = Math.Max(votes, now.Members.Sum(member => member.Item1.SuspectTimes?.Count ?? 0));
                Assert.True(now.Members.All(member => member.Item1.Status == SiloStatus.Active), $"{now}{Environment.NewLine}{cluster.Output}");
            }

            output.WriteLine($"{busy.Count} busy threads on {Environment.ProcessorCount} cores for {watch.Elapsed.TotalSeconds:0} s: nobody evicted, {votes} votes; {calls} calls, the slowest {slowest.TotalMilliseconds:0} ms");
        }

        var after = await cluster.Table.ReadAllAsync(default);
        Assert.Equal(before.Members.Select(member => member.Item1.SiloAddress).ToHashSet(), after.Members.Select(member => member.Item1.SiloAddress).ToHashSet());
        Assert.Equal(3, (await management.GetHosts(onlyActive: true)).Count);
    }

    private static async Task<TimeSpan> UntilAsync(Stopwatch watch, Func<Task<bool>> holds)
    {
        using var timer = new PeriodicTimer(Poll);
        while (watch.Elapsed < Patience)
        {
            try
            {
                if (await holds())
                    return watch.Elapsed;
            }
            catch (Exception e) when (e is TimeoutException or OrleansException)
            {
                // The grain was on the frozen node; it comes back elsewhere.
            }

            await timer.WaitForNextTickAsync();
        }

        throw new TimeoutException($"not within {Patience}");
    }
}
