using System.Diagnostics;
using System.Globalization;
using Grid.Client;
using Xunit.Abstractions;

namespace Grid.Cluster.Tests;

/// <summary>
/// kill -9 of the real process at random instants while clients write, again and again on one data directory; after each restart everything that was acknowledged is
/// there, once and in order, and the shard is what its changelog says. Some rounds restart on the same ports under a client that lives on. Several such chains of rounds run beside each
/// other. GRID_KILL_ROUNDS sets the number of kills (20), GRID_SEED the instants.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Chains = 2;
    private static readonly int Rounds = Setting("GRID_KILL_ROUNDS", 20);

    [Fact]
    public async Task Everything_acknowledged_survives_kill_9_at_any_instant()
    {
        var seed = Setting("GRID_SEED", Random.Shared.Next());
        output.WriteLine($"GRID_SEED={seed} GRID_KILL_ROUNDS={Rounds}");
        var watch = Stopwatch.StartNew();
        var random = new Random(seed);
        var chains = Enumerable.Range(0, Chains).Select(_ => new KillChain(random.Next())).ToArray();
        try
        {
            await Task.WhenAll(chains.Select((chain, i) => chain.RunAsync((Rounds + i) / Chains)));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"GRID_SEED={seed} GRID_KILL_ROUNDS={Rounds}: {e.Message}", e);
        }

        foreach (var chain in chains)
            output.WriteLine(chain.Summary);
        output.WriteLine($"{Rounds} kills in {watch.Elapsed.TotalSeconds:0.0} s");
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : fallback;
}
