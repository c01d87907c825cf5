using Grid.Abstractions;
using Grid.Simulation.Checks;
using Grid.Simulation.Clients;
using Grid.Simulation.History;
using Grid.Simulation.Kit;
using Grid.Simulation.Runs;
using Xunit.Abstractions;

namespace Grid.Simulation.Cluster;

/// <summary>Replication under everything that can go wrong: what docs/replication.md promises is checked while it runs and after it was healed.</summary>
public sealed class ReplicationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan ConvergesWithin = TimeSpan.FromSeconds(120);

    [Fact]
    public void A_log_table_keeps_its_promises() => SeedRunner.RunAll(output, scheduler => Run(scheduler, keys: false));

    [Fact]
    public void A_primary_key_table_keeps_its_promises() => SeedRunner.RunAll(output, scheduler => Run(scheduler, keys: true), share: 5);

    [Fact]
    public void A_log_table_that_is_moved_about_keeps_its_promises() => SeedRunner.RunAll(output, scheduler => Run(scheduler, keys: false, moves: true), share: 3);

    [Fact]
    public void A_primary_key_table_that_is_moved_about_keeps_its_promises() => SeedRunner.RunAll(output, scheduler => Run(scheduler, keys: true, moves: true), share: 5);

    /// <summary>A leader is cut off while its bucket moves away from all who knew it as the leader, and goes on with nodes that have forgotten everything.</summary>
    [Fact]
    public void A_bucket_that_moves_away_while_its_leader_is_cut_off_keeps_its_promises() => SeedRunner.RunAll(output, scheduler => Run(scheduler, keys: false, moves: true, fast: true), share: 3);

    /// <summary>
    /// A leader that has only begun told a replica whose disk was lost that nothing was known to be committed. The replica took its empty log for complete, was in sync by the record, and led after the next loss.
    /// </summary>
    [Theory]
    [InlineData(5255)]
    public void A_replica_is_complete_only_with_all_that_its_leader_had(int seed) => SeedRunner.RunOne((ulong)seed, scheduler => Run(scheduler, keys: false));

    /// <summary>A failure is worth something only if its seed shows it again: nothing in a run may depend on real threads or clocks.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(9349, false)]
    public void A_seed_takes_the_same_steps_each_time(int seed, bool keys)
    {
        var (first, second) = (Steps(), Steps());
        Assert.Equal(first, second);

        (long Steps, long Lines, ulong Hash) Steps()
        {
            var scheduler = new SimScheduler((ulong)seed);
            Run(scheduler, keys, moves: true);
            return (scheduler.Steps, scheduler.Trace.Count, scheduler.Trace.Hash);
        }
    }

    /// <summary>A bucket moved away from a leader that was cut off, and its new one did without it while it still answered reads.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public void A_leader_that_was_left_behind_answers_no_stale_reads(int seed) => SeedRunner.RunOne((ulong)seed, scheduler => Run(scheduler, keys: false, moves: true, fast: true));

    /// <summary>A compare-and-set that conflicts with a row of its own group was told that row's version although the group was given up.</summary>
    [Theory]
    [InlineData(141)]
    [InlineData(2281)]
    [InlineData(2336)]
    public void A_conflict_with_a_row_that_is_given_up_is_not_shown(int seed) => SeedRunner.RunOne((ulong)seed, scheduler => Run(scheduler, keys: true, tellsOfStarts: false));

    /// <summary>A leader whose inputs came faster than its alarm never looked at the clock, so lost pushes were never sent again.</summary>
    [Fact]
    public void An_alarm_is_not_put_off_by_inputs() => SeedRunner.RunOne(10, scheduler => Run(scheduler, keys: false, tellsOfStarts: false));

    /// <summary>The first leader of a new bucket died between the record and its own state, and looked like a lost disk.</summary>
    [Fact]
    public void A_new_bucket_survives_the_loss_of_its_first_leader() => SeedRunner.RunOne(12, scheduler => Run(scheduler, keys: false, tellsOfStarts: false));

    /// <summary>A leader whose disk failed left the in-sync set while the only other copy was lost.</summary>
    [Fact]
    public void A_leader_that_cannot_write_stays_in_sync() => SeedRunner.RunOne(90, scheduler => Run(scheduler, keys: false, tellsOfStarts: false));

    private static void Run(SimScheduler scheduler, bool keys, bool moves = false, bool fast = false, bool? tellsOfStarts = null)
    {
        var random = scheduler.Random.Fork("plan");
        var plan = FaultPlan.Draw(random, Enum.GetValues<Fault>()) with { Nodes = moves ? 5 : 3 };
        if (fast)
            plan = plan with { Faults = [Fault.Split, Fault.Race], FaultEveryMs = 1000 };
        var flushes = random.Chance(0.5);
        var options = new TableOptions { Replicas = 3, MinInSync = random.Pick([1, 2, 2, 2]), Flush = flushes ? FlushPolicy.Commit : FlushPolicy.Os, SegmentBytesMax = random.Pick([64 * 1024, 1024 * 1024]) };
        var fewest = 1;
        var preferredAfterMs = 0;
        if (moves)
        {
            // Where the table says nothing, what has to be in sync follows the number of copies; two of one would never be written.
            var drawn = scheduler.Random.Fork("moves");
            options = options with { Replicas = 0, MinInSync = fast ? 1 : drawn.Pick([0, 0, 1, 2]) };
            fewest = Math.Max(1, options.MinInSync);
            preferredAfterMs = drawn.Pick([0, 500, 3000]);
        }

        scheduler.Note($"{plan}, {options}, preferred leaders after {preferredAfterMs} ms");
        var history = new RunHistory();
        using var cluster = new SimCluster(scheduler, plan, SimFrames.Table(keys ? SimFrames.KeySchema : SimFrames.LogSchema, options), flushes, preferredAfterMs)
        {
            TellsOfStarts = tellsOfStarts ?? scheduler.Random.Fork("starts").Chance(0.5),
        };
        List<AppendClient> writers = keys ? [] : [.. Enumerable.Range(1, 3).Select(i => new AppendClient(scheduler, Client(cluster, $"writer{i}"), cluster, history, i, 4, 40))];
        List<KeyClient> clients = keys ? [.. Enumerable.Range(1, 4).Select(i => new KeyClient(scheduler, Client(cluster, $"keys{i}"), cluster, history, i, 5, 40))] : [];
        List<LogReader> readers = [.. Enumerable.Range(1, 2).Select(i => new LogReader(scheduler, Client(cluster, $"reader{i}"), cluster, history, fromLeader: i == 1))];
        writers.ForEach(writer => writer.Start());
        clients.ForEach(client => client.Start());
        readers.ForEach(reader => reader.Start());
        var nemesis = new Nemesis(scheduler, cluster, plan);
        nemesis.Start();
        var mover = moves ? new SimMover(scheduler, Client(cluster, "operator"), cluster, fewest, fast ? 2 : 4, fast ? 800 : 6000) : null;
        mover?.Start();
        scheduler.RunUntil(plan.Duration);

        writers.ForEach(writer => writer.Stop());
        clients.ForEach(client => client.Stop());
        nemesis.Stop();
        mover?.Stop();
        scheduler.Note("healed");
        if (!scheduler.RunUntil(scheduler.Now + ConvergesWithin, () => writers.All(writer => writer.InFlight == 0) && clients.All(client => !client.IsBusy) && cluster.HasConverged()))
            throw new CheckFailedException(
                $"Not whole again {ConvergesWithin.TotalSeconds} s after everything was healed: {cluster.Store.Current.Record}; "
                + string.Join(", ", cluster.Nodes.Select(node => cluster[node] is { IsOpen: true } open ? $"{node} {open.Replica.Role} [{open.StartOffset},{open.EndOffset}) watermark {open.HighWatermark}" : $"{node} closed"))
                + $"; in flight {writers.Sum(writer => writer.InFlight)}, busy {clients.Count(client => client.IsBusy)}.");
        readers.ForEach(reader => reader.Stop());
        Check(cluster, history, keys);
    }

    private static void Check(SimCluster cluster, RunHistory history, bool keys)
    {
        var leader = cluster[cluster.Store.Current.Record.Leader!.Value];
        var log = leader.ReadFrames(leader.StartOffset).ToList();
        foreach (var node in cluster.Store.Current.Record.Replicas)
            cluster.Commits.ObserveFinal(cluster[node]);
        PrefixCheck.Check(log, history);
        if (!keys)
        {
            AppendCheck.Check(log, history.Appends);
            return;
        }

        KeyCheck.Check([.. leader.ReadChanges()], history.Keys);
        foreach (var node in cluster.Store.Current.Record.Replicas)
            TableFold.Check(node, cluster[node].ReadChanges(), cluster[node].Parts.Shard!.AppliedOffset.Value, cluster[node].ReadShard());
    }

    private static SimProcess Client(SimCluster cluster, string name)
    {
        var process = new SimProcess(cluster.Scheduler, new NodeName(name));
        cluster.Network.Add(process);
        process.Start();
        return process;
    }
}
