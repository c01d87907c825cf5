using System.Globalization;

namespace Grid.Testing.Fuzzing;

/// <summary>How long a fuzzer runs and from where: GRID_FUZZ_INPUTS (1,000,000 in the long form), GRID_SEED to repeat a run that failed.</summary>
public static class FuzzSettings
{
    public static int Inputs(int fallback) => Setting("GRID_FUZZ_INPUTS", fallback);

    public static int Seed { get; } = Setting("GRID_SEED", Random.Shared.Next());

    /// <summary>What to set to repeat a run of that many inputs.</summary>
    public static string Repeat(int inputs) => $"GRID_SEED={Seed} GRID_FUZZ_INPUTS={inputs}";

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : fallback;
}
