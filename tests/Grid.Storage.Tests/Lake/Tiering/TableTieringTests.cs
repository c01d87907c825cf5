using Grid.Abstractions;
using Grid.Storage.Tests.Buckets;
using Grid.Storage.Tests.Lake.Tables;
using Xunit.Abstractions;

namespace Grid.Storage.Tests.Lake.Tiering;

public sealed class TableTieringTests(ITestOutputHelper output)
{
    private const int Frames = 30;
    private const int FrameRows = 5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_round_that_dies_at_any_call_leaves_each_row_in_the_lake_once(bool after)
    {
        await using var bucket = await FilledAsync();
        for (var call = 0; ; call++)
        {
            var time = new ImpatientTime();
            var run = new TieringRun(bucket, time) { Committed = 10 };
            var lake = new MemoryLake(time);
            var random = new Random(call);
            await run.TryAsync(run.Coordinator(lake));
            Assert.Equal(10, await run.CheckAsync(lake));

            run.Committed = 25;
            var dying = new FaultyLake(lake, random, faults: 0, [], () => Task.CompletedTask) { KilledAt = (call, after) };
            await run.TryAsync(run.Coordinator(dying));
            Assert.Contains(await run.CheckAsync(lake), new long[] { 10, 25 });

            run.Committed = 40;
            await run.TryAsync(run.Coordinator(lake));
            Assert.Equal(40, await run.CheckAsync(lake));
            if (dying.Calls <= call)
                break;
        }
    }

    [Fact]
    public async Task Two_coordinators_over_a_store_that_fails_bring_each_row_in_once()
    {
        await using var bucket = await FilledAsync();
        for (var seed = 0; seed < 60; seed++)
        {
            try
            {
                await RunAsync(bucket, seed);
            }
            catch
            {
                output.WriteLine($"seed {seed}");
                throw;
            }
        }
    }

    [Fact]
    public async Task A_round_that_lost_a_race_is_made_again_at_once_and_one_whose_store_fails_is_not()
    {
        await using var bucket = await FilledAsync();
        var time = new ImpatientTime();
        var run = new TieringRun(bucket, time) { Committed = 10 };
        var lake = new MemoryLake(time);
        var rival = run.Coordinator(lake);
        await run.TryAsync(rival);
        run.Committed = 20;
        var calls = 0;
        var coordinator = run.Coordinator(new FaultyLake(lake, new Random(1), 0, [], () => calls++ == 8 ? run.TryAsync(rival) : Task.CompletedTask));

        var lost = (GridException)(await coordinator.RunAsync(bucket.Table, default))!;

        Assert.Equal(GridErrorCode.VersionConflict, lost.Code);
        Assert.Contains("brought rows into the lake table", lost.Message, StringComparison.Ordinal);
        Assert.True(coordinator.Backlog.IsDue(long.MaxValue));
        Assert.Equal(20, await run.CheckAsync(lake));

        run.Committed = 30;
        coordinator = run.Coordinator(new FaultyLake(lake, new Random(1), 0, [], () => lake.Names.Any(name => name.Contains("00000000000000000020-", StringComparison.Ordinal)) ? throw new IOException("the store is away") : Task.CompletedTask));
        var failed = (GridException)(await coordinator.RunAsync(bucket.Table, default))!;

        Assert.Equal(GridErrorCode.StorageFailed, failed.Code);
        Assert.Contains("the store is away", failed.Message, StringComparison.Ordinal);
        Assert.False(coordinator.Backlog.IsDue(long.MaxValue));
    }

    private static async Task RunAsync(TestBucket bucket, int seed)
    {
        var time = new ImpatientTime();
        var random = new Random(seed);
        var run = new TieringRun(bucket, time);
        var lake = new MemoryLake(time);
        var late = new List<Func<Task>>();
        var faulty = new FaultyLake(lake, random, faults: 0.1, late, () => Task.CompletedTask);
        var coordinators = new[] { run.Coordinator(faulty), run.Coordinator(faulty) };
        var tiered = 0L;
        for (var frame = 1; frame <= Frames; frame++)
        {
            run.Committed = frame * FrameRows;
            // One that was deposed, or died, goes on from what it remembers, or from nothing.
            var which = random.Next(coordinators.Length);
            if (random.Next(5) == 0)
                coordinators[which] = run.Coordinator(faulty);
            await run.TryAsync(coordinators[which]);
            var now = await run.CheckAsync(lake);
            Assert.InRange(now, tiered, run.Committed);
            tiered = now;
        }

        foreach (var landing in late)
            await landing();
        await run.TryAsync(run.Coordinator(lake));
        Assert.Equal(Frames * FrameRows, await run.CheckAsync(lake));
    }

    private static async Task<TestBucket> FilledAsync()
    {
        var bucket = await TestBucket.OpenAsync();
        for (var frame = 0; frame < Frames; frame++)
            await bucket.AppendAsync(LogTable.Frame(frame * FrameRows, FrameRows));
        return bucket;
    }
}
