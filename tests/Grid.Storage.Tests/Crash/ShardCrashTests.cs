using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Tests.Crash;

/// <summary>
/// The shard's half of crash safety. The log is its WAL: wherever the log stops, and whatever is left of the shard's files, the table is what was acknowledged. GRID_CRASH_SEEDS sets how
/// many scripts are stopped at each of their boundaries.
/// </summary>
public sealed class ShardCrashTests
{
    private const int Steps = 10;
    private const int TextLength = 9000;
    /// <summary>GRID_CRASH_SEEDS: how much of this; 1 in the short form.</summary>
    internal static readonly int Seeds = int.TryParse(Environment.GetEnvironmentVariable("GRID_CRASH_SEEDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var seeds) ? seeds : 1;

    [Theory]
    [InlineData(FlushPolicy.Commit, true)]
    [InlineData(FlushPolicy.Os, false)]
    public async Task A_crash_at_any_boundary_of_the_log_loses_no_acknowledged_change(FlushPolicy flush, bool powerLoss)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var boundaries = await BoundariesAsync(seed, flush);
            for (var boundary = 0; boundary < boundaries; boundary++)
            {
                try
                {
                    await CrashAsync(seed, flush, powerLoss, boundary);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"Script {seed}, boundary {boundary} of {boundaries}: {e.Message}", e);
                }
            }
        }
    }

    private static async Task<int> BoundariesAsync(int seed, FlushPolicy flush)
    {
        await using var run = new ShardRun(new Random(seed), flush, TextLength);
        await run.Bucket.OpenAsync();
        for (var step = 0; step < Steps; step++)
            Assert.True(await run.StepAsync(schemaChanges: true));
        await run.CheckAsync();
        return run.Bucket.Store.Boundaries;
    }

    private static async Task CrashAsync(int seed, FlushPolicy flush, bool powerLoss, int boundary)
    {
        await using var run = new ShardRun(new Random(seed), flush, TextLength);
        run.Bucket.Store.CrashAt = boundary;
        try
        {
            await run.Bucket.OpenAsync();
        }
        catch (GridException) when (run.Bucket.Store.Crashed)
        {
            return; // before the first write: nothing to lose, and the log's own tests open it again
        }

        run.Bucket.KeepOlder();
        for (var step = 0; step < Steps && await run.StepAsync(schemaChanges: true); step++)
            if (step == Steps / 2)
                run.Bucket.KeepOlder();

        // What is left of the shard differs from boundary to boundary, so that each fate meets every kind of boundary over the seeds.
        await run.Bucket.CrashAsync(powerLoss, (ShardFate)((boundary + seed) % 4), boundary);
        await run.CheckAsync();
        await run.ResendAsync();
        for (var step = 0; step < 3; step++)
            Assert.True(await run.StepAsync(schemaChanges: true));
        await run.CheckAsync();
    }
}
