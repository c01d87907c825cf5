using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Tests.Replication;

/// <summary>A bucket that moves: what its leader makes of the record's target.</summary>
public sealed class MovingTests
{
    private static readonly TableOptions Plain = new();

    [Fact]
    public void New_replicas_come_in_and_then_the_others_go()
    {
        using var bench = new TermBench(Plain, Record("a", "a", "b"));
        bench.SetTarget("a", "c");
        bench.Silent.Add("c");
        bench.Run();
        Assert.Equal(("a,b,c", "a,b"), (Join(bench.Record.Replicas), Join(bench.Record.InSync)));
        Assert.Empty(bench.Released);

        bench.Silent.Clear();
        bench.Pass(2000);
        Assert.Equal(("a,c", "a,c", ""), (Join(bench.Record.Replicas), Join(bench.Record.InSync), Join(bench.Record.Target)));
        Assert.Equal(["b"], bench.Released);
        Assert.Equal("a", bench.Leader.Value);
    }

    [Fact]
    public void A_leader_that_is_to_go_hands_over_to_the_targets_first()
    {
        using var bench = new TermBench(Plain, Record("a", "a", "b"));
        bench.SetTarget("c", "b");
        bench.Run();
        Assert.Equal(["c"], bench.Offers);
        Assert.Equal(("c", "c,b", "c,b"), (bench.Leader.Value, Join(bench.Record.Replicas), Join(bench.Record.InSync)));
        Assert.Equal(["a"], bench.Released);
    }

    [Fact]
    public void The_order_alone_moves_the_lead()
    {
        using var bench = new TermBench(Plain, Record("a", "a", "b", "c"));
        bench.SetTarget("b", "a", "c");
        bench.Run();
        Assert.Equal(("b", "b,a,c", ""), (bench.Leader.Value, Join(bench.Record.Replicas), Join(bench.Record.Target)));
        Assert.Empty(bench.Released);
    }

    [Fact]
    public void A_target_that_does_not_come_in_stops_nobody_and_can_be_given_up()
    {
        using var bench = new TermBench(Plain, Record("a", "a", "b"));
        bench.Silent.Add("c");
        bench.SetTarget("b", "c");
        for (var i = 0; i < 20; i++)
            bench.Pass(1000);
        Assert.Equal(("a,b,c", "a,b", "b,c"), (Join(bench.Record.Replicas), Join(bench.Record.InSync), Join(bench.Record.Target)));
        Assert.Null(bench.Term.WriteRefusal());
        Assert.Empty(bench.Offers);

        bench.SetTarget("a", "b");
        bench.Pass(1000);
        Assert.Equal(("a,b", ""), (Join(bench.Record.Replicas), Join(bench.Record.Target)));
        Assert.Equal(["c"], bench.Released);
    }

    [Fact]
    public void A_target_that_changes_midway_leaves_nothing_behind()
    {
        using var bench = new TermBench(Plain, Record("a", "a", "b"));
        bench.Silent.Add("c");
        bench.SetTarget("a", "c");
        bench.Run();
        bench.SetTarget("d", "b");
        bench.Pass(1000);
        Assert.Equal(("d", "d,b", "d,b", ""), (bench.Leader.Value, Join(bench.Record.Replicas), Join(bench.Record.InSync), Join(bench.Record.Target)));
        Assert.Equal(["a", "c"], bench.Released.Order());
    }

    [Fact]
    public void A_copy_that_lives_is_not_given_up_for_one_that_is_only_said_to_be_in_sync()
    {
        using var bench = new TermBench(Plain with { MinInSync = 3 }, Record("a", "a", "b", "c"));
        bench.Silent.Add("b");
        bench.SetTarget("a", "b");
        bench.Run();
        Assert.Equal("a,b,c", Join(bench.Record.Replicas));
        bench.Silent.Clear();
        bench.Pass(2000);
        Assert.Equal(("a,b", "c"), (Join(bench.Record.Replicas), Join(bench.Released.Select(name => new NodeName(name)))));
    }

    [Fact]
    public void A_lead_that_nobody_takes_is_offered_again_after_a_while_and_writers_go_on_meanwhile()
    {
        using var bench = new TermBench(Plain, Record("a", "a", "b")) { HeirsTakeOver = false };
        bench.SetTarget("b");
        bench.Run();
        Assert.Equal(GridErrorCode.NotLeader, bench.Term.WriteRefusal()!.Code);
        bench.Pass(2100);
        Assert.Equal(["b", "b"], bench.Offers);
        bench.Pass(2100);
        Assert.Null(bench.Term.WriteRefusal());
        bench.Pass(4000);
        Assert.Null(bench.Term.WriteRefusal());
        Assert.Equal(2, bench.Offers.Count);
        bench.HeirsTakeOver = true;
        bench.Pass(5000);
        Assert.Equal(("b", "b"), (bench.Leader.Value, Join(bench.Record.Replicas)));
    }

    [Fact]
    public void A_leader_that_stays_does_not_wait_for_a_first_that_will_not_lead()
    {
        using var bench = new TermBench(Plain, Record("a", "a", "b", "c")) { HeirsTakeOver = false };
        bench.SetTarget("b", "a");
        bench.Run();
        bench.Pass(2100);
        bench.Pass(2100);
        Assert.Equal(("a", "b,a", ""), (bench.Leader.Value, Join(bench.Record.Replicas), Join(bench.Record.Target)));
    }

    [Fact]
    public void Writers_go_on_while_copies_are_added_and_more_must_be_in_sync_once_they_are_there()
    {
        using var bench = new TermBench(Plain with { Replicas = 3 }, Record("a", "a") with { MinInSync = 1 });
        bench.Silent.UnionWith(["b", "c"]);
        bench.SetTarget("a", "b", "c");
        bench.Run();
        Assert.Equal("a,b,c", Join(bench.Record.Replicas));
        Assert.Null(bench.Term.WriteRefusal());

        bench.Silent.Remove("b");
        bench.Pass(2000);
        Assert.Equal(("a,b", 1), (Join(bench.Record.InSync), bench.Record.MinInSync));
        bench.Silent.Clear();
        bench.Pass(2000);
        Assert.Equal(("a,b,c", 2, ""), (Join(bench.Record.InSync), bench.Record.MinInSync, Join(bench.Record.Target)));
    }

    [Fact]
    public void Fewer_copies_ask_for_fewer_in_sync()
    {
        using var bench = new TermBench(Plain with { Replicas = 1 }, Record("a", "a", "b", "c") with { MinInSync = 2 });
        bench.SetTarget("a");
        bench.Run();
        Assert.Equal(("a", "a", 1), (Join(bench.Record.Replicas), Join(bench.Record.InSync), bench.Record.MinInSync));
        Assert.Null(bench.Term.WriteRefusal());
    }

    /// <summary>Whoever leads next goes on with what the record says, wherever the leader before stopped.</summary>
    [Theory]
    [InlineData("c,d")]
    [InlineData("b,a,c")]
    [InlineData("c")]
    [InlineData("b,a")]
    public void A_leader_may_die_at_every_step(string target)
    {
        for (var steps = 0; ; steps++)
        {
            using var bench = new TermBench(Plain, Record("a", "a", "b"));
            bench.SetTarget(target.Split(','));
            var ended = bench.Run(steps);
            var next = bench.Record.InSync[^1];
            bench.TakeOver(next);
            bench.Run();
            bench.Pass(1000);
            Assert.True(Join(bench.Record.Replicas) == target && bench.Record.InSync.Length == bench.Record.Replicas.Length && bench.Record.Target.IsEmpty, $"after {steps} steps, {next} went on: {bench}");
            Assert.Contains(bench.Leader, bench.Record.Replicas);
            if (ended)
                return;
        }
    }

    [Fact]
    public void The_preferred_leader_gets_the_lead_back_when_it_was_in_sync_for_a_while()
    {
        using var bench = new TermBench(Plain, Record("b", "a", "b"));
        bench.Run();
        for (var i = 0; i < 5; i++)
            bench.Pass(10_000);
        Assert.Equal("b", bench.Leader.Value);

        // A moment of silence, and the time begins anew.
        bench.Silent.Add("a");
        bench.Term.RenewLease();
        bench.Run();
        bench.Silent.Clear();
        bench.Pass(2000);
        for (var i = 0; i < 5; i++)
            bench.Pass(10_000);
        Assert.Equal("b", bench.Leader.Value);
        Assert.Empty(bench.Offers);
        bench.Pass(15_000);
        Assert.Equal("a", bench.Leader.Value);
    }

    private static string Join(IEnumerable<NodeName> nodes) => string.Join(',', nodes);

    private static BucketRecord Record(string leader, params string[] replicas) => new()
    {
        Epoch = new LeaderEpoch(2),
        Leader = new NodeName(leader),
        Replicas = [.. replicas.Select(name => new NodeName(name))],
        InSync = [.. replicas.Select(name => new NodeName(name))],
    };
}
