using Grid.Simulation.Checks;
using Grid.Simulation.Kit;
using Grid.Simulation.Runs;
using Xunit.Abstractions;

namespace Grid.Simulation.Lake;

/// <summary>Commits to a lake table by several at once, over a store that loses calls and answers and does things late: each row comes in once, and nobody deletes what is in.</summary>
public sealed class CommitTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Faulty = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(3);

    [Fact]
    public void Rows_come_into_the_lake_once() => SeedRunner.RunAll(output, Run);

    private static void Run(SimScheduler scheduler)
    {
        var random = scheduler.Random.Fork("plan");
        var table = new SimLakeTable();
        var faults = SimCommitterFaults.Draw(random);
        var committers = Enumerable.Range(0, random.Next(1, 5)).Select(i => new SimCommitter(scheduler, table, $"committer {i}", faults)).ToArray();
        foreach (var committer in committers)
            committer.Start();
        scheduler.RunUntil(Faulty + Late);

        foreach (var committer in committers)
            committer.Check();
        if (committers.Sum(committer => committer.Ended) == 0)
            throw new CheckFailedException("nothing was committed");
    }
}
