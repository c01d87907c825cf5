using Grid.Abstractions;
using Grid.Storage.Log;
using Grid.Testing.Files;

namespace Grid.Storage.Tests.Log;

/// <summary>
/// <see cref="BucketLog.TruncateTo"/> and <see cref="BucketLog.ResetTo"/>, stopped at every boundary of the file store in turn, and again at every boundary of the recovery. Whatever the moment: the log opens, holds
/// what lies below the cut, has nothing that was not there, its epochs and writers are those of its frames, and writing goes on. What was cut does not come back once the cut returned.
/// </summary>
public sealed class LogCutCrashTests
{
    public static TheoryData<FlushPolicy, bool> Ends => new()
    {
        { FlushPolicy.Commit, false },
        { FlushPolicy.Commit, true },
        { FlushPolicy.Os, false },
        { FlushPolicy.Os, true },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_crash_while_the_end_is_cut_leaves_a_log_that_ends_at_the_cut_or_behind_it(FlushPolicy flush, bool powerLoss)
    {
        foreach (var offset in await CutOffsetsAsync(flush))
            await new LogCutCase(flush, powerLoss, $"cut to {offset}", log => log.TruncateTo(offset), (of, run, log, found) =>
            {
                var kept = run.Before.Count(frame => frame.BaseOffset < offset);
                Assert.Equal(LogOffset.Zero, log.StartOffset);
                // A cut flushes what it leaves; one at the log's end has nothing to do, and flushes nothing: the last group is lost unless the next roll, which is the background's, was faster.
                var leastKept = of.LosesUnflushed && offset == run.Before[^1].EndOffset ? 0 : kept;
                if (run.HasCut)
                    RequirePrefix(of.Final, found, leastKept + (of.LosesUnflushed ? 0 : run.Acknowledged), kept + run.Acknowledged + 1);
                else
                    RequirePrefix(run.Before, found, of.LosesUnflushed ? 0 : kept, run.Before.Count);
            }).CrashEverywhereAsync();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_crash_while_the_log_starts_over_leaves_the_old_one_or_the_new_one(FlushPolicy flush, bool powerLoss)
    {
        var offsets = await CutOffsetsAsync(flush);
        foreach (var start in new[] { LogOffset.Zero, offsets[3], offsets[^1], new LogOffset(offsets[^1].Value + 1000) })
            await new LogCutCase(flush, powerLoss, $"start over at {start}", log => log.ResetTo(start), (of, run, log, found) =>
            {
                if (run.HasCut || (log.StartOffset == start && found.Count == 0))
                    RequirePrefix(of.Final, found, of.LosesUnflushed ? 0 : run.Acknowledged, run.Acknowledged + 1);
                else
                    RequirePrefix(run.Before, found, of.LosesUnflushed ? 0 : run.Before.Count, run.Before.Count);
                Assert.Equal(run.HasCut || found.Count == 0 ? start : LogOffset.Zero, log.StartOffset);
            }).CrashEverywhereAsync();
    }

    [Theory]
    [InlineData(FlushPolicy.Commit)]
    [InlineData(FlushPolicy.Os)]
    public async Task A_disk_that_fails_while_the_log_is_cut_stops_the_writing_until_it_is_opened_again(FlushPolicy flush)
    {
        var offsets = await CutOffsetsAsync(flush);
        var cut = offsets[offsets.Count / 2];
        foreach (var change in new Action<BucketLog>[] { log => log.TruncateTo(cut), log => log.ResetTo(cut) })
        {
            var store = new FaultyFileStore(seed: 1);
            using (var log = LogScript.Open(store, flush, LogOffset.Zero))
            {
                LogScript.Fill(log, flush);
                store.FailFlushFrom = store.Flushes;
                Assert.Throws<IOException>(() => change(log));
                Assert.NotNull(log.Failure);
                Assert.Throws<IOException>(() => LogScript.AppendNew(log, 0, flush));
                Assert.Throws<IOException>(() => change(log));
            }

            using var again = LogScript.Open(store, flush, LogOffset.Zero);
            LogScript.AppendNew(again, 0, flush);
            LogScript.RequireConsistent(again, LogScript.Read(again));
        }
    }

    [Fact]
    public async Task A_cut_within_a_frame_is_refused_and_nothing_is_touched()
    {
        var store = new FaultyFileStore(seed: 1);
        using var log = LogScript.Open(store, FlushPolicy.Commit, LogOffset.Zero);
        LogScript.Fill(log, FlushPolicy.Commit);
        var before = LogScript.Read(log);
        var boundaries = store.Boundaries;
        foreach (var frame in before)
            Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => log.TruncateTo(new LogOffset(frame.BaseOffset.Value + 1))).Code);
        Assert.Equal(boundaries, store.Boundaries);
        Assert.Null(log.Failure);
        Assert.Equal(before, LogScript.Read(log));
        LogScript.AppendNew(log, 0, FlushPolicy.Commit);
    }

    /// <summary>Places where the log can be cut: between all groups, so also between all segments, and within some groups.</summary>
    private static async Task<List<LogOffset>> CutOffsetsAsync(FlushPolicy flush)
    {
        var run = await LogCutRun.RunAsync(flush, _ => { }, stopAfter: -1, seed: 0);
        return [.. run.Before.Where((_, i) => i % 2 == 0 || i % 5 == 0).Select(frame => frame.BaseOffset), run.Before[^1].EndOffset];
    }

    private static void RequirePrefix(List<FrameHeader> whole, List<FrameHeader> found, int least, int most)
    {
        Assert.InRange(found.Count, Math.Min(least, whole.Count), Math.Min(most, whole.Count));
        Assert.Equal(whole[..found.Count], found);
    }
}
