using Grid.Simulation.Kit;

namespace Grid.Simulation.Lake;

/// <summary>What goes wrong, and how often.</summary>
internal sealed record SimCommitterFaults(double Lost, double AnswerLost, double Late, double Death, double SlowestMs)
{
    public static SimCommitterFaults Draw(SimRandom random) => new(
        random.Pick([0, 0.02, 0.2]), random.Pick([0, 0.05, 0.3]), random.Pick([0, 0.05, 0.3]), random.Pick([0, 0.01, 0.1]), random.Pick([1.0, 10.0, 200.0]));
}
