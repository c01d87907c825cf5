using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Tests.Buckets;
using Grid.Testing.Files;

namespace Grid.Storage.Tests.Log;

/// <summary>
/// One script of appends, stopped at every boundary of the file store in turn. Whatever the moment: what was acknowledged is there once and in order, nothing
/// torn is visible, a repeat of the last append gets the same answer, and writing goes on.
/// </summary>
public sealed class CrashTests
{
    private const int Appends = 24;
    private static readonly TableInfo Table = LogTable.Of(new TableOptions { SegmentBytesMax = 64 * 1024 }, LogTable.Schema, LogTable.Wider);

    [Theory]
    [InlineData(FlushPolicy.Commit, false)]
    [InlineData(FlushPolicy.Commit, true)]
    [InlineData(FlushPolicy.Os, false)]
    [InlineData(FlushPolicy.Os, true)]
    public async Task A_crash_at_any_boundary_loses_nothing_that_the_policy_covers(FlushPolicy flush, bool powerLoss)
    {
        var clean = new FaultyFileStore(seed: 0);
        Assert.Equal(Appends, (await RunAsync(clean, flush)).Count);
        for (var boundary = 0; boundary < clean.Boundaries; boundary++)
            for (var seed = 0; seed < 3; seed++)
                await CrashAsync(boundary, flush, powerLoss, seed);
    }

    [Fact]
    public Task A_crash_while_recovering_from_a_crash_loses_nothing() =>
        Gen.Select(Gen.Int[0, 120], Gen.Int[0, 12], Gen.Bool, Gen.Int[0, 1000]).SampleAsync(async (first, second, powerLoss, seed) =>
        {
            var store = new FaultyFileStore(seed) { CrashAt = first };
            var acknowledged = await RunAsync(store, FlushPolicy.Commit);
            var again = store.AfterCrash(powerLoss, seed);
            again.CrashAt = second;
            await RunAsync(again, FlushPolicy.Commit, appends: 0);
            await VerifyAsync(again.AfterCrash(powerLoss, seed + 1), FlushPolicy.Commit, acknowledged, acknowledged.Count);
        }, iter: 150, threads: 1);

    private static async Task CrashAsync(int boundary, FlushPolicy flush, bool powerLoss, int seed)
    {
        var store = new FaultyFileStore(seed) { CrashAt = boundary };
        var acknowledged = await RunAsync(store, flush);
        var covered = flush == FlushPolicy.Os && powerLoss ? 0 : acknowledged.Count;
        try
        {
            await VerifyAsync(store.AfterCrash(powerLoss, seed), flush, acknowledged, covered);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Boundary {boundary}, seed {seed}.", e);
        }
    }

    /// <summary>Runs the script until it ends or the store crashes; the answers that came.</summary>
    private static async Task<List<AppendAnswer>> RunAsync(FaultyFileStore store, FlushPolicy flush, int appends = Appends)
    {
        List<AppendAnswer> acknowledged = [];
        TestBucket? bucket = null;
        try
        {
            bucket = await TestBucket.OpenAsync(Table, flush, store);
            for (var i = 0; i < appends; i++)
                acknowledged.Add(await bucket.AppendAsync(Frame(i)));
            await bucket.CloseAsync();
        }
        catch (Exception e) when (e is GridException or IOException && store.Crashed)
        {
            if (bucket is not null)
                await AbandonAsync(bucket);
        }

        return acknowledged;
    }

    /// <summary>Ends the engine's background work as the end of a process does; what it says about it no longer matters.</summary>
    private static async Task AbandonAsync(TestBucket bucket)
    {
        try
        {
            await bucket.CloseAsync();
        }
        catch (IOException)
        {
        }
    }

    private static async Task VerifyAsync(FaultyFileStore store, FlushPolicy flush, List<AppendAnswer> acknowledged, int covered)
    {
        store.ShortReads = true;
        await using var bucket = await TestBucket.OpenAsync(Table, flush, store);
        var ids = await bucket.ReadIdsAsync();
        var present = ids.Count / 2;
        Assert.Equal(Enumerable.Range(0, present * 2).Select(i => (long)i), ids);
        Assert.InRange(present, covered, acknowledged.Count + 1);
        Assert.Equal(present * 2, bucket.Engine.GetStatus().LogEndOffset.Value);

        // The writer repeats its last acknowledged append, then goes on where the bucket is.
        if (present > 0)
        {
            var last = Math.Min(present, Math.Max(acknowledged.Count, 1)) - 1;
            var answer = await bucket.AppendAsync(Frame(last));
            Assert.Equal(last * 2, answer.BaseOffset.Value);
            if (last < acknowledged.Count)
                Assert.Equal(acknowledged[last], answer);
        }

        for (var i = present; i < Appends + 2; i++)
            Assert.Equal(i * 2, (await bucket.AppendAsync(Frame(i))).BaseOffset.Value);
        await bucket.ReopenAsync();
        Assert.Equal(Enumerable.Range(0, (Appends + 2) * 2).Select(i => (long)i), await bucket.ReadIdsAsync());
    }

    /// <summary>The script's append of that number: two rows of writer 1, from the 16th on in the wider schema; about seven fill a segment.</summary>
    private static FrameBlock Frame(int number) =>
        LogTable.Frame(number * 2, rows: 2, writer: 1, sequence: number, textLength: 4000, schema: number < 16 ? LogTable.Schema : LogTable.Wider);
}
