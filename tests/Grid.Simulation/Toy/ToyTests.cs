using Grid.Abstractions;
using Grid.Simulation.Checks;
using Grid.Simulation.Clients;
using Grid.Simulation.History;
using Grid.Simulation.Kit;
using Grid.Simulation.Runs;

namespace Grid.Simulation.Toy;

/// <summary>The checkers on a protocol that is known to be wrong: quiet while nothing happens to it, loud when something does.</summary>
public sealed class ToyTests
{
    private const int SeedsMax = 60;

    [Fact]
    public void Without_faults_the_toy_passes_every_check()
    {
        for (ulong seed = 1; seed <= 10; seed++)
            Run(seed, []);
    }

    [Theory]
    [InlineData(Fault.Usurp)]
    [InlineData(Fault.Kill)]
    [InlineData(Fault.Split)]
    internal void With_faults_the_checkers_catch_the_toy(Fault fault)
    {
        for (ulong seed = 1; seed <= SeedsMax; seed++)
        {
            try
            {
                Run(seed, [fault, Fault.Usurp]);
            }
            catch (CheckFailedException)
            {
                return;
            }
        }

        Assert.Fail($"{SeedsMax} seeds with {fault} broke no promise of a protocol that keeps none.");
    }

    [Fact]
    public void One_seed_is_one_run()
    {
        var first = Run(7, []);
        var second = Run(7, []);

        Assert.True(first.Trace.Count > 1000);
        Assert.Equal((first.Trace.Count, first.Trace.Hash, first.Steps), (second.Trace.Count, second.Trace.Hash, second.Steps));
        Assert.NotEqual(first.Trace.Hash, Run(8, []).Trace.Hash);
    }

    private static SimScheduler Run(ulong seed, Fault[] faults)
    {
        var scheduler = new SimScheduler(seed);
        var commits = new CommitCheck();
        var history = new RunHistory();
        var cluster = new ToyCluster(scheduler, 3, commits.Observe);
        var plan = FaultPlan.Draw(scheduler.Random.Fork("plan"), [Fault.Freeze]) with { Nodes = 3, Faults = faults, Network = NetworkProfile.Calm, FaultEveryMs = 500 };
        List<AppendClient> writers = [.. Enumerable.Range(1, 3).Select(i => new AppendClient(scheduler, Client(cluster, $"writer{i}"), cluster, history, i, 4, 20))];
        List<LogReader> readers = [.. Enumerable.Range(1, 2).Select(i => new LogReader(scheduler, Client(cluster, $"reader{i}"), cluster, history, fromLeader: false))];
        writers.ForEach(writer => writer.Start());
        readers.ForEach(reader => reader.Start());
        var nemesis = new Nemesis(scheduler, cluster, plan);
        nemesis.Start();
        scheduler.RunUntil(TimeSpan.FromSeconds(10));
        writers.ForEach(writer => writer.Stop());
        readers.ForEach(reader => reader.Stop());
        nemesis.Stop();
        if (!scheduler.RunUntil(scheduler.Now + TimeSpan.FromSeconds(30), () => writers.All(writer => writer.InFlight == 0)))
            throw new CheckFailedException("The writers were not answered.");
        Assert.NotEmpty(history.Appends);
        AppendCheck.Check(cluster.Leader.Log, history.Appends);
        PrefixCheck.Check(cluster.Leader.Log, history);
        commits.ObserveFinal(cluster.Leader);
        return scheduler;
    }

    private static SimProcess Client(ToyCluster cluster, string name)
    {
        var process = new SimProcess(cluster.Scheduler, new NodeName(name));
        cluster.Network.Add(process);
        process.Start();
        return process;
    }
}
