using Grid.Abstractions;
using Grid.Simulation.Checks;
using Grid.Simulation.Clients;
using Grid.Simulation.History;
using Grid.Simulation.Kit;
using Grid.Simulation.Runs;

namespace Grid.Simulation.Cluster;

/// <summary>Courses of events that random faults meet too seldom. Each was made for one rule of the protocol: without it, a checker speaks.</summary>
public sealed class DirectedTests
{
    /// <summary>
    /// A leader does not learn that its change of the record took effect. The replica that is in sync by it lags, takes the lead, and must have all that was committed meanwhile: so it counts for the watermark from
    /// the moment the change was asked for.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_replica_counts_from_the_moment_its_return_was_asked_for(int seed) => SeedRunner.RunOne((ulong)seed, scheduler => Run(scheduler, (cluster, wait) =>
    {
        var leader = cluster.Store.Current.Record.Leader!.Value;
        var lagging = cluster.Nodes.First(node => node != leader);
        cluster.Crash(lagging, Fault.Kill);
        wait(() => cluster[leader].Replica.Term is { } term && !term.Record.InSync.Contains(lagging));
        cluster.Network.Block(SimRecordStore.Name, leader);
        cluster.Start(lagging);
        wait(() => cluster.Store.Current.Record.InSync.Contains(lagging));
        cluster.Network.Block(leader, lagging);
        scheduler.RunUntil(scheduler.Now + TimeSpan.FromSeconds(1));
        cluster.TakeLead(lagging);
        wait(() => cluster.Store.Current.Record.Leader == lagging);
    }));

    /// <summary>
    /// A leader is cut off, another one leads on without it, and the network heals: the old one may speak first, at its epoch, to replicas that promised a higher one. What it then believes to be committed would be
    /// its own end, which nobody else has.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void A_leader_that_was_cut_off_commits_nothing_when_it_is_heard_again(int seed) => SeedRunner.RunOne((ulong)seed, scheduler => Run(scheduler, (cluster, wait) =>
    {
        var old = cluster.Store.Current.Record.Leader!.Value;
        var others = cluster.Nodes.Where(node => node != old).ToList();
        cluster.Network.Split([old], [.. others, SimRecordStore.Name]);
        scheduler.RunUntil(scheduler.Now + TimeSpan.FromMilliseconds(500));
        cluster.TakeLead(others[0]);
        var committed = cluster.Commits.CommittedEnd;
        wait(() => cluster.Store.Current.Record.Leader == others[0] && !cluster.Store.Current.Record.InSync.Contains(old) && cluster.Commits.CommittedEnd > committed + 10);
        scheduler.RunUntil(scheduler.Now + scheduler.Random.Fork("heal").Between(0, 3000));
    }));

    /// <summary>
    /// A replica asked to be taken out of the in-sync set, since it may have lost its log's end, and the store told nobody that it was: it follows, the leader counts it as in sync, and with nothing to change there
    /// the leader never finds out that the record names no leader any more.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_leader_finds_out_that_the_record_names_it_no_more(int seed) => SeedRunner.RunOne((ulong)seed, scheduler => Run(scheduler, (cluster, wait) =>
    {
        var former = cluster.Store.Current;
        var leader = former.Record.Leader!.Value;
        var left = cluster.Nodes.First(node => node != leader);
        var next = former.Record with { Epoch = new LeaderEpoch(former.Record.Epoch.Value + 1), Leader = null, InSync = former.Record.InSync.Remove(left) };
        cluster.Store.Replace(cluster[left].Process, former, next, static (_, _) => { });
        wait(() => cluster.Store.Current.Record.Leader is not null && cluster.Store.Current.Record.InSync.Contains(left));
    }));

    private static void Run(SimScheduler scheduler, Action<SimCluster, Action<Func<bool>>> events)
    {
        var plan = new FaultPlan { Nodes = 3, Duration = default, Network = NetworkProfile.Calm, Faults = [], FaultEveryMs = 1000 };
        var options = new TableOptions { Replicas = 3, MinInSync = 2, Flush = FlushPolicy.Os, SegmentBytesMax = 64 * 1024 };
        var history = new RunHistory();
        using var cluster = new SimCluster(scheduler, plan, SimFrames.Table(SimFrames.LogSchema, options), flushes: false);
        List<AppendClient> writers = [.. Enumerable.Range(1, 3).Select(i => new AppendClient(scheduler, Client(cluster, $"writer{i}"), cluster, history, i, 4, 40))];
        writers.ForEach(writer => writer.Start());
        Wait(() => cluster.HasConverged() && cluster.Commits.CommittedEnd > 20);
        events(cluster, Wait);
        cluster.Network.Heal();
        scheduler.RunUntil(scheduler.Now + TimeSpan.FromSeconds(3));
        writers.ForEach(writer => writer.Stop());
        Wait(() => writers.All(writer => writer.InFlight == 0) && cluster.HasConverged());
        var leader = cluster[cluster.Store.Current.Record.Leader!.Value];
        foreach (var node in cluster.Nodes)
            cluster.Commits.ObserveFinal(cluster[node]);
        AppendCheck.Check(leader.ReadFrames(leader.StartOffset).ToList(), history.Appends);

        void Wait(Func<bool> condition)
        {
            if (!scheduler.RunUntil(scheduler.Now + TimeSpan.FromSeconds(60), condition))
                throw new CheckFailedException($"What the course needs did not happen within a minute; the record is {cluster.Store.Current.Record}.");
        }
    }

    private static SimProcess Client(SimCluster cluster, string name)
    {
        var process = new SimProcess(cluster.Scheduler, new NodeName(name));
        cluster.Network.Add(process);
        process.Start();
        return process;
    }
}
