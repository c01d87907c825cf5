using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Replication;

namespace Grid.Storage.Tests.Replication;

public sealed class ReplicaChooserTests
{
    private const int BucketCount = 1000;

    [Fact]
    public void A_thousand_buckets_lie_evenly_on_three_to_seven_nodes() =>
        Gen.Select(Gen.Int[3, 7], Gen.Int[1, 3], Gen.Int[1, 1_000_000]).Sample((nodes, replicas, table) =>
        {
            var loads = Fill(Nodes(nodes, zones: 0), replicas, table);
            Assert.InRange(loads.Max(node => node.Leaders) - loads.Min(node => node.Leaders), 0, 1);
            Assert.InRange(loads.Max(node => node.Buckets) - loads.Min(node => node.Buckets), 0, 2);
            Assert.Equal(BucketCount * replicas, loads.Sum(node => node.Buckets));
        }, iter: 30);

    [Fact]
    public void Equal_zones_stay_even_too() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 1_000_000]).Sample((replicas, table) =>
        {
            var loads = Fill(Nodes(6, zones: 3), replicas, table);
            Assert.InRange(loads.Max(node => node.Leaders) - loads.Min(node => node.Leaders), 0, 1);
            Assert.InRange(loads.Max(node => node.Buckets) - loads.Min(node => node.Buckets), 0, 2);
        }, iter: 20);

    [Fact]
    public void No_two_replicas_share_a_zone_while_there_are_zones() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 5], Gen.Int[1, 6], Gen.Int[0, 1000], Gen.Int[0, 20].Array[12]).Sample((count, zones, replicas, number, loads) =>
        {
            var nodes = Nodes(count, zones).Select((node, i) => node with { Buckets = loads[i], Leaders = loads[11 - i] }).ToList();
            var chosen = ReplicaChooser.Choose(Bucket(1, number), replicas, nodes);
            Assert.Equal(Math.Min(replicas, count), chosen.Distinct().Count());
            Assert.Equal(chosen.Length, chosen.Distinct().Count());
            var zoneOf = nodes.ToDictionary(node => node.Name, node => node.Zone);
            var used = chosen.GroupBy(name => zoneOf[name]).ToDictionary(group => group.Key!, group => group.Count());
            Assert.Equal(Math.Min(chosen.Length, nodes.Select(node => node.Zone).Distinct().Count()), used.Count);
        });

    [Fact]
    public void The_order_in_which_nodes_are_known_does_not_matter() =>
        Gen.Select(Gen.Int[2, 9], Gen.Int[0, 1000], Gen.Int[0, 1_000_000]).Sample((count, number, seed) =>
        {
            var nodes = Nodes(count, zones: 3);
            var shuffled = nodes.ToArray();
            new Random(seed).Shuffle(shuffled);
            Assert.Equal(ReplicaChooser.Choose(Bucket(3, number), 3, nodes).AsEnumerable(), ReplicaChooser.Choose(Bucket(3, number), 3, shuffled));
        });

    [Fact]
    public void Ties_are_broken_alike_in_every_process_and_version() =>
        Assert.Equal(
            ["n0,n4,n1", "n0,n1,n3", "n3,n4,n0", "n4,n2,n0"],
            Enumerable.Range(0, 4).Select(number => string.Join(',', ReplicaChooser.Choose(Bucket(7, number), 3, Nodes(5, zones: 0)))));

    [Fact]
    public void A_leader_that_is_given_stays_first()
    {
        var nodes = Nodes(6, zones: 3);
        foreach (var node in nodes)
        {
            var chosen = ReplicaChooser.Choose(Bucket(1, 1), 3, nodes, node.Name);
            Assert.Equal(node.Name, chosen[0]);
            Assert.Equal(3, chosen.Select(name => nodes.Find(n => n.Name == name)!.Zone).Distinct().Count());
        }

        Assert.Throws<ArgumentException>(() => ReplicaChooser.Choose(Bucket(1, 1), 3, nodes, new NodeName("x")));
    }

    [Fact]
    public void Without_nodes_nobody_is_chosen() => Assert.Empty(ReplicaChooser.Choose(Bucket(1, 1), 3, []));

    private static List<NodeLoad> Fill(List<NodeLoad> nodes, int replicas, int table)
    {
        for (var number = 0; number < BucketCount; number++)
        {
            var chosen = ReplicaChooser.Choose(Bucket(table, number), replicas, nodes);
            for (var i = 0; i < nodes.Count; i++)
                if (chosen.Contains(nodes[i].Name))
                    nodes[i] = nodes[i] with { Buckets = nodes[i].Buckets + 1, Leaders = nodes[i].Leaders + (chosen[0] == nodes[i].Name ? 1 : 0) };
        }

        return nodes;
    }

    private static List<NodeLoad> Nodes(int count, int zones) =>
        [.. Enumerable.Range(0, count).Select(i => new NodeLoad { Name = new NodeName($"n{i}"), Zone = zones == 0 ? null : $"z{i % zones}" })];

    private static BucketId Bucket(int table, int number) => new(new TableId(table), new PartitionId(0), number);
}
