using System.Globalization;

namespace Grid.Bench.Harness;

/// <summary>How long buckets were without a leader, kill by kill.</summary>
internal sealed class Outages
{
    private readonly List<double> _writes = [];
    private readonly List<double> _lookups = [];

    /// <summary>Seconds from a kill to the first acknowledged write, and to the first answered lookup; of several buckets the last.</summary>
    public void Add((double Write, double Lookup) outage)
    {
        _writes.Add(outage.Write);
        _lookups.Add(outage.Lookup);
    }

    public IEnumerable<BenchResult> ToResults(double askedSeconds)
    {
        yield return ToResult("kill to first acknowledged write, p99", _writes, askedSeconds);
        yield return ToResult("kill to first lookup, p99", _lookups, askedSeconds);
    }

    private static BenchResult ToResult(string figure, List<double> seconds, double asked)
    {
        var sorted = seconds.Order().ToList();
        var (p50, p99) = (At(sorted, 0.50), At(sorted, 0.99));
        return new BenchResult(
            figure,
            string.Create(CultureInfo.InvariantCulture, $"<= {asked:0} s"),
            string.Create(CultureInfo.InvariantCulture, $"{p99:0.00} s"),
            p99 <= asked,
            string.Create(CultureInfo.InvariantCulture, $"p50 {p50:0.00} s, p99 {p99:0.00} s, best {sorted[0]:0.00} s over {sorted.Count} kills; of each kill the bucket that took longest"));
    }

    /// <summary>Nearest rank: of fewer than a hundred values p99 is the largest.</summary>
    private static double At(List<double> sorted, double quantile) => sorted[Math.Max(0, (int)Math.Ceiling(quantile * sorted.Count) - 1)];
}
