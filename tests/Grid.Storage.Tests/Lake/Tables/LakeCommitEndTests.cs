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

            outcome = (await TestTable.Open(store, _time).CommitAsync(change, default)).Outcome;

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

            var outcome = (await TestTable.Open(store, _time).CommitAsync(change, cancel.Token)).Outcome;

            seen.Add(outcome);
            var state = await TestTable.CheckAsync(lake, _time);
            Assert.Equal(outcome == LakeOutcome.Committed, state.Offsets.Equals(change.To));
            if (outcome == LakeOutcome.Discarded)
                Assert.Empty(Left(lake, change));
        }

        Assert.Equal(3, seen.Count);
    }

    /// <summary>What is there but for metadata files and the files of a change.</summary>
    private static IEnumerable<string> Left(MemoryLake lake, LakeChange? but) => lake.Names
        .Where(name => !name.EndsWith(".metadata.json", StringComparison.Ordinal))
        .Except((but?.Added ?? []).Select(file => file.Location[(lake.Root.Length + 1)..]));
}
