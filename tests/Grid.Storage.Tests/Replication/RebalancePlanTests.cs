using System.Collections.Immutable;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Replication;

namespace Grid.Storage.Tests.Replication;

public sealed class RebalancePlanTests
{
    private const int RoundsMax = 500;

    [Fact]
    public void A_new_node_is_filled_until_bytes_and_leaders_are_even() =>
        Gen.Select(Gen.Int[3, 6], Gen.Int[1, 3], Gen.Int[0, 1_000_000]).Sample((nodes, replicas, seed) =>
        {
            var cluster = new PlannedCluster(seed, nodes, zones: 0);
            cluster.Fill(buckets: 120, replicas);
            cluster.AddNode("new");
            cluster.Settle(new RebalanceOptions { MovesMax = 8 });
            var bytes = cluster.Live.Select(node => cluster.BytesOf(node.Name)).ToArray();
            Assert.True(bytes.Max() - bytes.Min() <= 0.2 * bytes.Average(), $"seed {seed}: {string.Join(", ", bytes)}");
            if (replicas == 1)
                return; // who has the bucket leads it

            var leaders = cluster.Live.Select(node => cluster.LeadersOf(node.Name)).ToArray();
            var least = cluster.Live.MinBy(node => cluster.LeadersOf(node.Name))!.Name;
            Assert.True(leaders.Max() - leaders.Min() <= 1 || cluster.LeadersOf(least) == cluster.BucketsOf(least), $"seed {seed}: {string.Join(", ", leaders)}"); // or it leads all it has
        }, iter: 30);

    /// <summary>a leads most and shares no bucket with c, which leads least: b gives one to c and takes one of a.</summary>
    [Fact]
    public void Leaders_are_evened_out_through_a_node_between()
    {
        BucketLoad[] buckets =
        [
            .. Enumerable.Range(0, 3).Select(i => new BucketLoad(Id(i), Record("a", "a", "b"), 100)),
            .. Enumerable.Range(3, 2).Select(i => new BucketLoad(Id(i), Record("b", "b", "c"), 100)),
            new(Id(5), Record("c", "c", "d"), 100),
            .. Enumerable.Range(6, 2).Select(i => new BucketLoad(Id(i), Record("d", "c", "d"), 100)),
        ];
        var plan = RebalancePlan.Compute(buckets, Nodes("a", "b", "c", "d"), new RebalanceOptions { Tolerance = 100 });
        Assert.Equal(2, plan.LeaderChanges.Length);
        Assert.Contains(plan.LeaderChanges, change => (change.From, change.To) == (new NodeName("a"), new NodeName("b")));
        Assert.Contains(plan.LeaderChanges, change => (change.From, change.To) == (new NodeName("b"), new NodeName("c")));
    }

    [Fact]
    public void A_draining_node_ends_up_empty_and_no_bucket_had_fewer_replicas_meanwhile() =>
        Gen.Select(Gen.Int[4, 7], Gen.Int[1, 3], Gen.Int[0, 1_000_000]).Sample((nodes, replicas, seed) =>
        {
            var cluster = new PlannedCluster(seed, nodes, zones: 3);
            cluster.Fill(buckets: 60, replicas);
            var draining = new NodeName("n1");
            cluster.Settle(new RebalanceOptions { MovesMax = 5, Draining = [draining] });
            Assert.Equal((0, 0), (cluster.BucketsOf(draining), cluster.LeadersOf(draining)));
        }, iter: 30);

    [Fact]
    public void Zones_are_kept_apart() =>
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var cluster = new PlannedCluster(seed, nodes: 6, zones: 3);
            cluster.Fill(buckets: 60, replicas: 3);
            cluster.AddNode("new", "z0");
            cluster.Settle(new RebalanceOptions { MovesMax = 5 });
            Assert.All(cluster.Buckets, bucket => Assert.Equal(3, bucket.Record.Replicas.Select(cluster.ZoneOf).Distinct().Count()));
        }, iter: 20);

    [Fact]
    public void An_even_cluster_is_left_alone()
    {
        var cluster = new PlannedCluster(1, nodes: 3, zones: 0);
        cluster.Fill(buckets: 30, replicas: 3);
        cluster.Settle(new RebalanceOptions());
        var plan = cluster.Plan(new RebalanceOptions());
        Assert.Equal((0, 0, 0), (plan.Moves.Length, plan.LeaderChanges.Length, plan.Stuck.Length));
    }

    [Fact]
    public void Moves_under_way_count_and_stay()
    {
        var record = Record("a", "a", "b") with { Target = Names("b", "c") };
        BucketLoad[] buckets = [new(Id(0), record, 100), new(Id(1), Record("a", "a", "b"), 100), new(Id(2), Record("a", "a", "b"), 100)];
        var plan = RebalancePlan.Compute(buckets, Nodes("a", "b", "c"), new RebalanceOptions { MovesMax = 1 });
        Assert.Empty(plan.Moves);
        plan = RebalancePlan.Compute(buckets, Nodes("a", "b", "c"), new RebalanceOptions { MovesMax = 2 });
        Assert.Single(plan.Moves);
        Assert.DoesNotContain(plan.Moves, move => move.Bucket == Id(0));
    }

    [Fact]
    public void With_as_many_nodes_as_replicas_a_draining_node_keeps_its_buckets_and_loses_the_lead()
    {
        var plan = RebalancePlan.Compute([new(Id(0), Record("a", "a", "b", "c"), 100)], Nodes("a", "b", "c"), new RebalanceOptions { Draining = [new NodeName("a")] });
        Assert.Empty(plan.Moves);
        Assert.Equal(Id(0), Assert.Single(plan.Stuck));
        Assert.NotEqual(new NodeName("a"), Assert.Single(plan.LeaderChanges).To);
    }

    [Fact]
    public void A_dead_node_that_drains_is_replaced()
    {
        var record = Record("b", "a", "b", "c") with { InSync = Names("b", "c") };
        var plan = RebalancePlan.Compute([new(Id(0), record, 100)], Nodes("b", "c", "d"), new RebalanceOptions { Draining = [new NodeName("a")] });
        Assert.Equal(["b", "c", "d"], Assert.Single(plan.Moves).Target.Select(node => node.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_bucket_that_nobody_can_lead_cannot_leave()
    {
        var record = Record(null, "a", "b") with { InSync = Names("a") };
        var plan = RebalancePlan.Compute([new(Id(0), record, 100)], Nodes("b", "c"), new RebalanceOptions { Draining = [new NodeName("a")] });
        Assert.Equal((0, 1), (plan.Moves.Length, plan.Stuck.Length));
    }

    [Fact]
    public void A_bucket_with_a_replica_behind_does_not_move_to_even_things_out()
    {
        var record = Record("a", "a", "b") with { InSync = Names("a") };
        var plan = RebalancePlan.Compute([new(Id(0), record, 100), new(Id(1), record, 100)], Nodes("a", "b", "c"), new RebalanceOptions());
        Assert.Equal((0, 0), (plan.Moves.Length, plan.LeaderChanges.Length));
    }

    internal static BucketId Id(int number) => new(new TableId(1), new PartitionId(0), number);

    internal static ImmutableArray<NodeName> Names(params string[] names) => [.. names.Select(name => new NodeName(name))];

    private static NodeLoad[] Nodes(params string[] names) => [.. names.Select(name => new NodeLoad { Name = new NodeName(name) })];

    private static BucketRecord Record(string? leader, params string[] replicas) => new()
    {
        Epoch = new LeaderEpoch(1),
        Leader = leader is null ? null : new NodeName(leader),
        Replicas = Names(replicas),
        InSync = Names(replicas),
    };

    /// <summary>A cluster that does what plans say, and checks every step.</summary>
    private sealed class PlannedCluster(int seed, int nodes, int zones)
    {
        private readonly Random _random = new(seed);

        public List<NodeLoad> Live { get; } = [.. Enumerable.Range(0, nodes).Select(i => new NodeLoad { Name = new NodeName($"n{i}"), Zone = zones == 0 ? null : $"z{i % zones}" })];

        public List<BucketLoad> Buckets { get; } = [];

        public void AddNode(string name, string? zone = null) => Live.Add(new NodeLoad { Name = new NodeName(name), Zone = zone });

        public void Fill(int buckets, int replicas)
        {
            for (var i = 0; i < buckets; i++)
            {
                var chosen = ReplicaChooser.Choose(Id(i), replicas, Live);
                var record = new BucketRecord { Epoch = new LeaderEpoch(1), Leader = chosen[_random.Next(chosen.Length)], Replicas = chosen, InSync = chosen };
                Buckets.Add(new BucketLoad(Id(i), record, _random.Next(1, 1000)));
            }
        }

        public RebalancePlan Plan(RebalanceOptions options) => RebalancePlan.Compute(Buckets, Live, options);

        public void Settle(RebalanceOptions options)
        {
            for (var round = 0; round < RoundsMax; round++)
            {
                var plan = Plan(options);
                Assert.True(plan.Moves.Length <= options.MovesMax && plan.LeaderChanges.Length <= options.LeaderChangesMax);
                if (plan.Moves.IsEmpty && plan.LeaderChanges.IsEmpty)
                    return;
                foreach (var move in plan.Moves)
                    Do(move);
                foreach (var change in plan.LeaderChanges)
                    Do(change);
            }

            Assert.Fail($"seed {seed}: the plan does not come to an end.");
        }

        public string? ZoneOf(NodeName name) => Live.Find(node => node.Name == name)!.Zone;

        public long BytesOf(NodeName name) => Buckets.Where(bucket => bucket.Record.Replicas.Contains(name)).Sum(bucket => bucket.Bytes);

        public int BucketsOf(NodeName name) => Buckets.Count(bucket => bucket.Record.Replicas.Contains(name));

        public int LeadersOf(NodeName name) => Buckets.Count(bucket => bucket.Record.Leader == name);

        private void Do(ReplicaMove move)
        {
            var i = Buckets.FindIndex(bucket => bucket.Bucket == move.Bucket);
            var record = Buckets[i].Record;
            Assert.True(move.Target.Length >= record.Replicas.Length && move.Target.Distinct().Count() == move.Target.Length, $"seed {seed}: {record} to {string.Join(',', move.Target)}");
            Assert.All(move.Target, name => Assert.Contains(Live, node => node.Name == name));
            var leader = move.Target.Contains(record.Leader!.Value) ? record.Leader : move.Target[0];
            Buckets[i] = Buckets[i] with { Record = record with { Epoch = new LeaderEpoch(record.Epoch.Value + 1), Leader = leader, Replicas = move.Target, InSync = move.Target } };
        }

        private void Do(LeaderChange change)
        {
            var i = Buckets.FindIndex(bucket => bucket.Bucket == change.Bucket);
            var record = Buckets[i].Record;
            Assert.Equal(change.From, record.Leader);
            Assert.Contains(change.To, record.InSync);
            Buckets[i] = Buckets[i] with { Record = record with { Epoch = new LeaderEpoch(record.Epoch.Value + 1), Leader = change.To } };
        }
    }
}
