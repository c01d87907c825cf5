using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage;
using Grid.Storage.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Grid.Grains.Tests.Nodes;

public sealed class NodeClusterTests
{
    [Fact]
    public async Task Every_node_knows_every_node_with_zone_and_data_port()
    {
        await using var cluster = await NodeCluster.StartAsync((name, options) => options with { Zone = "z-" + name, DataPort = GridNodeOptions.AnyDataPort });
        foreach (var silo in cluster.Silos.Silos)
        {
            var directory = cluster.Directory(silo.Name);
            Assert.Equal(silo.Name, directory.Local.Value);
            await NodeCluster.EventuallyAsync(() => Task.FromResult(directory.Nodes.All(node => node.Zone is not null && node.DataPort is not null)));
            Assert.Equal(cluster.Names, directory.Nodes.Select(node => node.Name));
            Assert.All(directory.Nodes, node => Assert.StartsWith($"z-{node.Name} 127.0.0.1:", $"{node.Zone} {node.DataPort}", StringComparison.Ordinal));
            foreach (var other in cluster.Silos.Silos)
            {
                Assert.True(directory.TryGetSilo(new NodeName(other.Name), out var address));
                Assert.Equal(other.SiloAddress, address);
            }

            Assert.False(directory.TryGetSilo(new NodeName("x"), out _));
        }

        // A port that is known only once it listens.
        var (first, last) = (cluster.Silos.Silos[0], cluster.Silos.Silos[2]);
        first.ServiceProvider.GetRequiredService<LocalNode>().DataPort = "10.0.0.1:2";
        await NodeCluster.EventuallyAsync(() => Task.FromResult(cluster.Directory(last.Name).Nodes.Single(node => node.Name.Value == first.Name).DataPort == "10.0.0.1:2"));
    }

    [Fact]
    public async Task A_node_that_goes_and_one_that_comes_are_reported()
    {
        await using var cluster = await NodeCluster.StartAsync();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var changes = cluster.Directory(cluster.Silos.Silos[0].Name).WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        var known = new HashSet<NodeName>();
        for (var i = 0; i < 3; i++)
            known.Add((await NextAsync(changes, lives: true)).Name);
        Assert.Equal(cluster.Names, known.OrderBy(name => name.Value, StringComparer.Ordinal));

        var victim = cluster.Silos.Silos[2];
        await cluster.Silos.KillSiloAsync(victim);
        Assert.Equal(new NodeChange(new NodeName(victim.Name), victim.SiloAddress, Lives: false), await NextAsync(changes, lives: false));
        Assert.False(cluster.Directory(cluster.Silos.Silos[0].Name).TryGetSilo(new NodeName(victim.Name), out _));

        var next = await cluster.Silos.StartAdditionalSiloAsync();
        Assert.Equal(new NodeChange(new NodeName(next.Name), next.SiloAddress, Lives: true), await NextAsync(changes, lives: true));
    }

    [Fact]
    public async Task A_clean_stop_gives_the_name_back()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var silo = cluster.Silos.Silos[2];
        Assert.NotNull(await cluster.Registry.ReadAsync(new NodeName(silo.Name), default));
        await cluster.Silos.StopSiloAsync(silo);
        Assert.Null(await cluster.Registry.ReadAsync(new NodeName(silo.Name), default));
    }

    [Fact]
    public async Task A_second_node_of_a_name_does_not_start()
    {
        var taken = "";
        await using var cluster = await NodeCluster.StartAsync((name, options) =>
            taken.Length == 0 ? options : options with { Storage = options.Storage with { NodeName = new NodeName(taken) } });
        taken = cluster.Silos.Silos[1].Name;
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => cluster.Silos.StartAdditionalSiloAsync());
        var refusal = Assert.IsType<GridException>(failure is AggregateException several ? several.Flatten().InnerExceptions[0] : failure);
        Assert.Equal(GridErrorCode.AlreadyExists, refusal.Code);
        Assert.Contains(cluster.Silos.Silos[1].SiloAddress.ToParsableString(), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_whose_name_was_taken_stops()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var silo = cluster.Silos.Silos[2];
        var stopping = new TaskCompletionSource();
        using var registration = silo.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);

        // Another machine with a wrong clock: for it, the lease has lapsed.
        var late = new NodeRegistry(cluster.Objects, new LateClock());
        var thief = (await cluster.Registry.ReadAsync(new NodeName(silo.Name), default))! with { Id = new NodeId(1), Run = new NodeId(2), LeaseUntilMs = long.MaxValue };
        await late.ClaimAsync(thief, default);
        await stopping.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await cluster.Silos.StopSiloAsync(silo);
        Assert.Equal(thief, await cluster.Registry.ReadAsync(thief.Name, default));
    }

    [Fact]
    public async Task While_the_object_store_is_away_nodes_go_on_and_renew_afterwards()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var name = cluster.Names[1];
        cluster.Objects.Away = true;
        Assert.Equal(3, cluster.Directory(name.Value).Nodes.Length);
        await cluster.Objects.RefusedAsync(3);
        cluster.Objects.Away = false;
        var before = (await cluster.Registry.ReadAsync(name, default))!.LeaseUntilMs;
        await NodeCluster.EventuallyAsync(async () => (await cluster.Registry.ReadAsync(name, default))!.LeaseUntilMs > before);
    }

    [Fact]
    public async Task A_node_on_its_own_registers_nowhere_and_knows_itself()
    {
        await using var grid = await GridCluster.StartAsync(options => options with { Zone = "z1" });
        var directory = grid.Services.GetRequiredService<INodeDirectory>();
        var self = Assert.Single(directory.Nodes);
        Assert.Equal((StorageNodeOptions.LocalNode, "z1"), (self.Name.Value, self.Zone));
        Assert.True(directory.TryGetSilo(directory.Local, out var silo));
        Assert.Equal(self.Silo, silo);
        Assert.Null(await grid.Services.GetRequiredService<NodeRegistry>().ReadAsync(directory.Local, default));
    }

    private static async Task<NodeChange> NextAsync(IAsyncEnumerator<NodeChange> changes, bool lives)
    {
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(lives, changes.Current.Lives);
        return changes.Current;
    }

    private sealed class LateClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddDays(1);
    }
}
