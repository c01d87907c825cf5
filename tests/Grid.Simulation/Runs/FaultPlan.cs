using Grid.Simulation.Kit;

namespace Grid.Simulation.Runs;

/// <summary>What a run's seed makes of it.</summary>
internal sealed record FaultPlan
{
    public required int Nodes { get; init; }

    public required TimeSpan Duration { get; init; }

    public required NetworkProfile Network { get; init; }

    public required IReadOnlyList<Fault> Faults { get; init; }

    /// <summary>Mean time from one fault to the next.</summary>
    public required double FaultEveryMs { get; init; }

    public static FaultPlan Draw(SimRandom random, IReadOnlyList<Fault> possible)
    {
        var network = new NetworkProfile
        {
            MinimumMs = 0.1,
            MaximumMs = random.Pick([1.0, 5.0, 50.0]),
            Loss = random.Pick([0, 0, 0.01, 0.1]),
            Duplication = random.Pick([0, 0.02, 0.2]),
            Spikes = random.Pick([0, 0, 0.02]),
        };
        var faults = Enumerable.Range(0, random.Next(0, 5)).Select(_ => random.Pick(possible)).Distinct().ToList();
        return new FaultPlan
        {
            Nodes = random.Pick([3, 3, 3, 4, 5]),
            Duration = TimeSpan.FromSeconds(random.Next(10, 40)),
            Network = network,
            Faults = faults,
            FaultEveryMs = random.Pick([500.0, 2000.0, 6000.0]),
        };
    }

    public override string ToString() =>
        $"{Nodes} nodes, {Duration.TotalSeconds} s, {Network}, a fault every {FaultEveryMs} ms of [{string.Join(' ', Faults)}]";
}
