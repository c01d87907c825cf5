using System.Globalization;
using Grid.Simulation.Kit;
using Xunit.Abstractions;

namespace Grid.Simulation.Runs;

/// <summary>
/// Runs one simulation under many seeds: GRID_SIM_SEEDS of them (300 by default, 10,000 in the long form), from GRID_SIM_FIRST on (1 by default), or GRID_SEED alone, with its whole trace. A failure names the
/// seed and shows what happened last.
/// </summary>
internal static class SeedRunner
{
    public static int Count { get; } = Setting("GRID_SIM_SEEDS") ?? 300;

    private static int First { get; } = Setting("GRID_SIM_FIRST") ?? 1;

    private static int? Single { get; } = Setting("GRID_SEED");

    /// <summary>Runs all seeds; the failures of all of them are told, the first with its trace.</summary>
    /// <param name="output">Takes a single seed's trace.</param>
    /// <param name="run">The simulation.</param>
    /// <param name="share">One in so many seeds is run.</param>
    public static void RunAll(ITestOutputHelper output, Action<SimScheduler> run, int share = 1)
    {
        var failures = new List<(int Seed, string Message, string Trace)>();
        var first = Single ?? First;
        var count = Single is null ? (Count + share - 1) / share : 1;

        // Each seed has a world of its own, so they may run side by side.
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, index =>
        {
            var seed = first + (index * share);
            var scheduler = new SimScheduler((ulong)seed, Single is null ? 400 : int.MaxValue);
            try
            {
                run(scheduler);
            }
            catch (Exception e)
            {
                lock (failures)
                    failures.Add((seed, e.Message, failures.Count == 0 ? $"{scheduler.Trace}\n{e}" : ""));
            }

            if (Single is not null)
                output.WriteLine(scheduler.Trace.ToString());
        });

        if (failures.Count == 0)
            return;
        var others = string.Join('\n', failures.Take(20).Select(failure => $"  GRID_SEED={failure.Seed}: {failure.Message}"));
        Assert.Fail($"{failures.Count} of {(Single is null ? Count : 1)} seeds failed:\n{others}\nThe first one's end:\n{failures[0].Trace}");
    }

    /// <summary>Runs one seed; the regression test of what it found once.</summary>
    public static void RunOne(ulong seed, Action<SimScheduler> run)
    {
        var scheduler = new SimScheduler(seed);
        try
        {
            run(scheduler);
        }
        catch (Exception e)
        {
            Assert.Fail($"GRID_SEED={seed}: {e.Message}\n{scheduler.Trace}\n{e}");
        }
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
