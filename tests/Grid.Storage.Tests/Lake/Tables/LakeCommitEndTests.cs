using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Tables;

namespace Grid.Storage.Tests.Lake.Tables;

/// <summary>How commits end that lose a race or are cancelled, at each of their calls.</summary>
public sealed class LakeCommitEndTests
{
    private readonly ImpatientTime _time = new();

    [Fact]
    public async Task A_change_whose_rows_another_brought_meanwhile_leaves_nothing_but_its_data()
    {
        var outcome = LakeOutcome.Discarded;
        for (var call = 0; outcome == LakeOutcome.Discarded; call++)
        {
            var lake = new MemoryLake(_time);
            var rival = await TestTable.CreateAsync(lake, _time);
            var change = await TestTable.ChangeAsync(lake, LakeOffsets.None, (0, 10));
            var calls = 0;
            var store = new FaultyLake(lake, new Random(1), 0, [], async () =>
            {
                if (calls++ == call)
                    await TestTable.CommitAsync(rival, lake, ((await rival.ReadAsync(default))!.Offsets.Equals(LakeOffsets.None) ? 0 : 1, 10));
            });

            var commit = await TestTable.Open(store, _time).CommitAsync(change, default);
            outcome = commit.Outcome;
            Assert.Equal(outcome == LakeOutcome.Discarded ? DiscardReason.OffsetsMoved : null, commit.Reason);

            var state = await TestTable.CheckAsync(lake, _time);
            Assert.Equal(await TestTable.ReferredAsync(lake, state), Left(lake, outcome == LakeOutcome.Discarded ? change : null));
        }
    }

    [Fact]
    public async Task A_commit_that_is_cancelled_says_what_it_knows()
    {
        var seen = new HashSet<LakeOutcome>();
        for (var call = 0; !seen.Contains(LakeOutcome.Committed); call++)
        {
            var lake = new MemoryLake(_time);
            await TestTable.CreateAsync(lake, _time);
            var change = await TestTable.ChangeAsync(lake, LakeOffsets.None, (0, 10));
            using var cancel = new CancellationTokenSource();
            var calls = 0;
            var store = new FaultyLake(lake, new Random(1), 0, [], () =>
            {
                if (calls++ != call)
                    return Task.CompletedTask;
                cancel.Cancel();
                throw new OperationCanceledException(cancel.Token);
            });

            var commit = await TestTable.Open(store, _time).CommitAsync(change, cancel.Token);
            var outcome = commit.Outcome;

            seen.Add(outcome);
            var state = await TestTable.CheckAsync(lake, _time);
            Assert.Equal(outcome == LakeOutcome.Committed, state.Offsets.Equals(change.To));
            Assert.Equal(outcome == LakeOutcome.Discarded ? DiscardReason.Cancelled : null, commit.Reason);
            if (outcome == LakeOutcome.Discarded)
                Assert.Empty(Left(lake, change));
        }

        Assert.Equal(3, seen.Count);
    }

    [Fact]
    public async Task A_store_that_fails_and_others_that_are_faster_are_told_apart()
    {
        var lake = new MemoryLake(_time);
        var rival = await TestTable.CreateAsync(lake, _time);
        var change = await TestTable.ChangeAsync(lake, LakeOffsets.None, (0, 10));
        var failing = await TestTable.Open(new FaultyLake(lake, new Random(1), faults: 1, [], () => Task.CompletedTask), _time).CommitAsync(change, default);

        Assert.Equal((LakeOutcome.Discarded, DiscardReason.StoreFailed, false), (failing.Outcome, failing.Reason, failing.IsLostRace));
        Assert.Equal("the store failed", failing.Failure!.Message);

        // A version more, each time that ours is about to be created.
        var probed = 0;
        var store = new FaultyLake(lake, new Random(1), 0, [], () => probed++ % 2 == 1 ? TestTable.CommitAsync(rival, lake, (1, 1)) : Task.CompletedTask);
        var outrun = await TestTable.Open(store, _time, TestTable.Options with { AttemptsMax = 3 }).CommitAsync(change, default);

        Assert.Equal((LakeOutcome.Discarded, DiscardReason.Outrun, true), (outrun.Outcome, outrun.Reason, outrun.IsLostRace));
        Assert.Null(outrun.Failure);
        await TestTable.CheckAsync(lake, _time);
    }

    /// <summary>What is there but for metadata files and the files of a change.</summary>
    private static IEnumerable<string> Left(MemoryLake lake, LakeChange? but) => lake.Names
        .Where(name => !name.EndsWith(".metadata.json", StringComparison.Ordinal))
        .Except((but?.Added ?? []).Select(file => file.Location[(lake.Root.Length + 1)..]));
}
