using Grid.Abstractions;
using Grid.Grains.Replication;
using Grid.Grains.Tests.Nodes;
using Grid.Storage.Replication;

namespace Grid.Grains.Tests.Replication;

public sealed class PlacementTests
{
    [Fact]
    public async Task A_replica_runs_on_its_node_or_nowhere()
    {
        await using var cluster = await NodeCluster.StartAsync();
        foreach (var node in cluster.Names)
            Assert.Equal(node.Value, await cluster.Client.GetGrain<IPinnedTestGrain>(new ReplicaKey(Id(0), node).ToString()).WhereAsync());

        // What the director throws reaches callers outside and inside as it was thrown.
        var unknown = new ReplicaKey(Id(0), new NodeName("x")).ToString();
        var refusal = await GridCluster.RefusedAsync(GridErrorCode.UnknownNode, () => cluster.Client.GetGrain<IPinnedTestGrain>(unknown).WhereAsync());
        Assert.Contains(cluster.Names[0].Value, refusal.Message, StringComparison.Ordinal);
        foreach (var node in cluster.Names)
            await GridCluster.RefusedAsync(GridErrorCode.UnknownNode, () => cluster.Client.GetGrain<IPinnedTestGrain>(new ReplicaKey(Id(0), node).ToString()).AskAsync(unknown));
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => cluster.Client.GetGrain<IPinnedTestGrain>("7/0@x").WhereAsync());
    }

    [Fact]
    public async Task A_replica_of_a_dead_node_is_refused()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var victim = cluster.Silos.Silos[2];
        var grain = cluster.Client.GetGrain<IPinnedTestGrain>(new ReplicaKey(Id(0), new NodeName(victim.Name)).ToString());
        Assert.Equal(victim.Name, await grain.WhereAsync());
        await cluster.Silos.KillSiloAsync(victim);
        await NodeCluster.EventuallyAsync(async () =>
        {
            try
            {
                await grain.WhereAsync();
                return false;
            }
            catch (GridException refusal)
            {
                Assert.Equal(GridErrorCode.UnknownNode, refusal.Code);
                return true;
            }
            catch (OrleansException)
            {
                return false; // the old activation's silo is still being found dead
            }
        });
    }

    [Fact]
    public async Task New_buckets_are_spread_and_get_no_record_from_being_placed()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var homes = new List<string>();
        for (var number = 0; number < 30; number++)
            homes.Add(await PlaceAsync(cluster, Id(number)));
        Assert.All(cluster.Names, node => Assert.InRange(homes.Count(home => home == node.Value), 7, 13));
        for (var number = 0; number < 30; number++)
            Assert.Null(await cluster.Records.ReadAsync(Id(number), default));
    }

    [Fact]
    public async Task A_bucket_goes_to_its_leader_else_to_the_first_live_replica_in_sync()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var names = cluster.Names.Select(name => name.Value).ToArray();
        var (a, b, c) = (names[0], names[1], names[2]);
        var number = 0;
        Assert.Equal(c, await WithRecordAsync(Record(c, [a, b, c], [a, b, c])));
        Assert.Equal(b, await WithRecordAsync(Record("gone", ["gone", a, b, c], ["gone", c, b])));
        Assert.Equal(a, await WithRecordAsync(Record(null, [a, b, c], [a, b, c])));
        var refusal = await GridCluster.RefusedAsync(GridErrorCode.NotEnoughReplicas, () => WithRecordAsync(Record("gone", ["gone", a, "lost"], ["gone", "lost"])));
        Assert.Contains("gone, lost", refusal.Message, StringComparison.Ordinal);

        await cluster.Objects.TryCreateAsync($"records/{Id(99)}.json", "{}"u8.ToArray(), default);
        await GridCluster.RefusedAsync(GridErrorCode.Corrupt, () => PlaceAsync(cluster, Id(99)));
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => cluster.Client.GetGrain<IPlacedTestGrain>("x").WhereAsync());

        async Task<string> WithRecordAsync(BucketRecord record)
        {
            var id = Id(number++);
            await cluster.Records.TryCreateAsync(id, record, default);
            return await PlaceAsync(cluster, id);
        }
    }

    [Fact]
    public async Task A_bucket_moves_to_a_replica_in_sync_when_its_leader_is_killed()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var names = cluster.Names.Select(name => name.Value).ToArray();
        var victim = cluster.Silos.Silos[2];
        var heir = names.Last(name => name != victim.Name);
        await cluster.Records.TryCreateAsync(Id(0), Record(victim.Name, [victim.Name, .. names.Where(name => name != victim.Name)], [victim.Name, heir]), default);
        Assert.Equal(victim.Name, await PlaceAsync(cluster, Id(0)));
        await cluster.Silos.KillSiloAsync(victim);
        await NodeCluster.EventuallyAsync(async () =>
        {
            try
            {
                return await PlaceAsync(cluster, Id(0)) == heir;
            }
            catch (OrleansException)
            {
                return false;
            }
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_the_object_store_is_away_the_record_seen_last_counts(bool silent)
    {
        await using var cluster = await NodeCluster.StartAsync();
        var leader = cluster.Names[1].Value;
        await cluster.Records.TryCreateAsync(Id(0), Record(leader, [.. cluster.Names.Select(name => name.Value)], [leader]), default);
        await cluster.Records.TryCreateAsync(Id(1), Record(leader, [leader], [leader]), default);
        Assert.Equal(leader, await PlaceAsync(cluster, Id(0)));
        await cluster.Silos.DeactivateAsync(cluster.Client.GetGrain<IPlacedTestGrain>(Id(0).ToString()));

        (cluster.Objects.Silent, cluster.Objects.Away) = (silent, true);
        Assert.Equal(leader, await PlaceAsync(cluster, Id(0)));
        await GridCluster.RefusedAsync(GridErrorCode.StorageFailed, () => PlaceAsync(cluster, Id(1)));
        cluster.Objects.Away = false;
        Assert.Equal(leader, await PlaceAsync(cluster, Id(1)));
    }

    private static Task<string> PlaceAsync(NodeCluster cluster, BucketId bucket) => cluster.Client.GetGrain<IPlacedTestGrain>(bucket.ToString()).WhereAsync();

    private static BucketRecord Record(string? leader, string[] replicas, string[] inSync) => new()
    {
        Epoch = new LeaderEpoch(1),
        Leader = leader is null ? null : new NodeName(leader),
        Replicas = [.. replicas.Select(name => new NodeName(name))],
        InSync = [.. inSync.Select(name => new NodeName(name))],
    };

    private static BucketId Id(int number) => new(new TableId(7), new PartitionId(0), number);
}
