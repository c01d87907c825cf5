using System.Globalization;

namespace Grid.Storage.Tests.Fuzz;

/// <summary>How long a fuzzer runs and from where: GRID_FUZZ_INPUTS (1,000,000 in the long form), GRID_SEED to repeat a run that failed.</summary>
internal static class FuzzSettings
{
    public static int Inputs(int fallback) => Setting("GRID_FUZZ_INPUTS", fallback);

    public static int Seed { get; } = Setting("GRID_SEED", Random.Shared.Next());

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : fallback;
}
