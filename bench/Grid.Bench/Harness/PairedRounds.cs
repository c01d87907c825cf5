using System.Globalization;

namespace Grid.Bench.Harness;

/// <summary>
/// Measures two things in turn, A B A B, and takes the ratio pair by pair: machines are shared and drift, neighbours in time are comparable.
/// The median of the ratios is the figure. One pair before them warms up and does not count.
/// </summary>
internal static class PairedRounds
{
    /// <summary>Runs the pairs. Both sides answer a rate (units a second).</summary>
    public static async Task<PairedFigure> MeasureAsync(int rounds, Func<int, Task<double>> subject, Func<int, Task<double>> baseline)
    {
        var subjects = new List<double>(rounds);
        var baselines = new List<double>(rounds);
        for (var round = 0; round <= rounds; round++)
        {
            Settle();
            var raw = await baseline(round);
            Settle();
            var ours = await subject(round);
            if (round == 0)
                continue;
            baselines.Add(raw);
            subjects.Add(ours);
        }

        return new PairedFigure(subjects, baselines);
    }

    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}

/// <summary>Rates of both sides, pair by pair.</summary>
internal sealed record PairedFigure(IReadOnlyList<double> Subjects, IReadOnlyList<double> Baselines)
{
    public double Ratio => Median(Subjects.Zip(Baselines, (subject, baseline) => subject / baseline));

    public double Subject => Median(Subjects);

    public double Baseline => Median(Baselines);

    public string RatioSpread
    {
        get
        {
            var ratios = Subjects.Zip(Baselines, (subject, baseline) => subject / baseline).ToList();
            return string.Create(CultureInfo.InvariantCulture, $"ratio {ratios.Min():0.00}..{ratios.Max():0.00} in {ratios.Count} rounds");
        }
    }

    /// <summary>A result line for a ratio of throughputs.</summary>
    public BenchResult ToResult(string figure, double asked, string unit) => new(
        figure,
        string.Create(CultureInfo.InvariantCulture, $">= {asked * 100:0} %"),
        string.Create(CultureInfo.InvariantCulture, $"{Ratio * 100:0} %"),
        Ratio >= asked,
        string.Create(CultureInfo.InvariantCulture, $"{Subject:N0} {unit} against {Baseline:N0} {unit}; {RatioSpread}"));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
