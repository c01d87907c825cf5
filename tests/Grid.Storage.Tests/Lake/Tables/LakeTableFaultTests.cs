using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;
using Xunit.Abstractions;

namespace Grid.Storage.Tests.Lake.Tables;

/// <summary>Commits over a store that fails, is late, and whose clients die: each row is in the lake once, up to the offsets, and the table always reads.</summary>
public sealed class LakeTableFaultTests(ITestOutputHelper output)
{
    private static readonly LakeTableOptions Merging = TestTable.Options with { ManifestsMergeMin = 3, SnapshotsKept = 2, SnapshotAgeMsMax = 0 };

    [Fact]
    public async Task Rows_come_in_once_whatever_the_store_does_and_whoever_else_commits()
    {
        var first = Random.Shared.Next();
        for (var seed = first; seed < first + 150; seed++)
        {
            try
            {
                await RunAsync(seed);
            }
            catch
            {
                output.WriteLine($"seed {seed}");
                throw;
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_that_dies_at_any_call_is_finished_by_the_next(bool after)
    {
        var died = true;
        for (var call = 0; died; call++)
        {
            var time = new ImpatientTime();
            var lake = new MemoryLake(time);
            var before = await TestTable.CreateAsync(lake, time);
            for (var i = 0; i < 3; i++)
                await TestTable.CommitAsync(before, lake, (i, 5));
            var head = (await before.ReadAsync(default))!;
            var change = await TestTable.ChangeAsync(lake, head.Offsets, (0, 7), (3, 2));

            var dying = new FaultyLake(lake, new Random(1), 0, [], () => Task.CompletedTask) { KilledAt = (call, after) };
            died = await Record.ExceptionAsync(() => TestTable.Open(dying, time, Merging with { OffsetsInline = 2 }).CommitAsync(change, default)) is LakeKilledException;

            var found = await TestTable.CheckAsync(lake, time);
            Assert.Contains(found.Offsets, new[] { change.From, change.To });
            var next = TestTable.Open(lake, time, Merging);
            if (found.Offsets.Equals(change.From))
                await TestTable.CommitAsync(next, lake, (0, 7), (3, 2));
            await TestTable.CheckAsync(lake, time);

            // What it left behind goes, and nothing else.
            time.Advance(TestTable.Options.OrphanAge + TimeSpan.FromHours(1));
            await next.DeleteOrphansAsync(default);
            var state = await TestTable.CheckAsync(lake, time);
            Assert.Equal(await TestTable.ReferredAsync(lake, state), lake.Names.Where(name => LakeNames.VersionOf(name[(TestTable.Folder.Length + 1)..]) is null));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replacement_that_dies_at_any_call_is_whole_or_not_there(bool after)
    {
        var died = true;
        for (var call = 0; died; call++)
        {
            var time = new ImpatientTime();
            var lake = new MemoryLake(time);
            var before = await TestTable.CreateAsync(lake, time);
            for (var i = 1; i < TestTable.Buckets; i++)
                await TestTable.CommitAsync(before, lake, (0, 5), (i, 5));
            var head = (await before.ReadAsync(default))!;
            var change = (await TestTable.ReplacementAsync(lake, before, head, 0, new Random(call)))!;

            var dying = new FaultyLake(lake, new Random(1), 0, [], () => Task.CompletedTask) { KilledAt = (call, after) };
            died = await Record.ExceptionAsync(() => TestTable.Open(dying, time, Merging).CommitAsync(change, default)) is LakeKilledException;

            var found = await TestTable.CheckAsync(lake, time);
            var files = (await TestTable.FilesAsync(before, found, bucket: 0)).Select(file => file.Location).ToHashSet();
            var isIn = files.Contains(change.Added[0].Location);
            Assert.All(change.Removed, file => Assert.Equal(!isIn, files.Contains(file.Location)));
            Assert.True(isIn || found.Version == head.Version);
            var next = TestTable.Open(lake, time, Merging);
            Assert.Equal(isIn ? DiscardReason.FileGone : null, (await next.CommitAsync(change, default)).Reason);
            await TestTable.CheckAsync(lake, time);

            // What it left behind goes, and with their snapshots the files that it replaced.
            await TestTable.CommitAsync(next, lake, (1, 1));
            time.Advance(TimeSpan.FromSeconds(1));
            await next.ExpireAsync(default);
            time.Advance(TestTable.Options.OrphanAge + TimeSpan.FromHours(1));
            await next.DeleteOrphansAsync(default);
            var state = await TestTable.CheckAsync(lake, time);
            Assert.Equal(await TestTable.ReferredAsync(lake, state), lake.Names.Where(name => LakeNames.VersionOf(name[(TestTable.Folder.Length + 1)..]) is null));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_expiry_that_dies_at_any_call_loses_nothing_and_is_finished_later(bool after)
    {
        var died = true;
        for (var call = 0; died; call++)
        {
            var time = new ImpatientTime();
            var lake = new MemoryLake(time);
            var table = await TestTable.CreateAsync(lake, time, Merging);
            for (var i = 0; i < 7; i++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await TestTable.CommitAsync(table, lake, (i % 4, 5));
            }

            time.Advance(TimeSpan.FromSeconds(1));
            var dying = new FaultyLake(lake, new Random(1), 0, [], () => Task.CompletedTask) { KilledAt = (call, after) };
            died = await Record.ExceptionAsync(() => TestTable.Open(dying, time, Merging).ExpireAsync(default)) is LakeKilledException;

            var state = await TestTable.CheckAsync(lake, time);
            Assert.Subset(lake.Names.ToHashSet(), (await TestTable.ReferredAsync(lake, state)).ToHashSet());
            var next = TestTable.Open(lake, time, Merging);
            await next.ExpireAsync(default);
            time.Advance(TestTable.Options.OrphanAge + TimeSpan.FromHours(1));
            await next.DeleteOrphansAsync(default);
            state = await TestTable.CheckAsync(lake, time);
            Assert.Equal(2, state.Metadata.Snapshots.Length);
            Assert.Equal(await TestTable.ReferredAsync(lake, state), lake.Names.Where(name => LakeNames.VersionOf(name[(TestTable.Folder.Length + 1)..]) is null));
        }
    }

    private static async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        var time = new ImpatientTime();
        var lake = new MemoryLake(time);
        await TestTable.CreateAsync(lake, time);
        var turns = new Turns(random);
        var late = new List<Func<Task>>();
        var faults = random.Next(4) * 0.07;
        var ended = new List<(LakeOutcome Outcome, LakeChange Change)>();
        var options = Merging with { AttemptsMax = random.Next(2, 12), OffsetsInline = random.Next(2) * 100 };
        await turns.RunAsync(Enumerable.Range(0, random.Next(1, 4)).Select(i => (Func<Task>)(() => CommitAsync(i))));

        foreach (var landing in late)
            await landing();
        var state = await TestTable.CheckAsync(lake, time);
        var locations = (await TestTable.FilesAsync(TestTable.Open(lake, time), state)).Select(file => file.Location).ToHashSet();
        var removed = ended.Where(end => end.Outcome != LakeOutcome.Discarded).SelectMany(end => end.Change.Removed).Select(file => file.Location).Except(locations).ToHashSet();
        foreach (var (outcome, change) in ended)
            if (outcome != LakeOutcome.Unknown)
                Assert.All(change.Added, file => Assert.Equal(outcome == LakeOutcome.Committed && !removed.Contains(file.Location), locations.Contains(file.Location)));
        if (faults == 0)
            Assert.Contains(ended, end => end.Outcome == LakeOutcome.Committed);

        async Task CommitAsync(int actor)
        {
            var store = new FaultyLake(lake, random, faults, late, turns.WaitAsync);
            var table = TestTable.Open(store, time, options);
            for (var round = 0; round < 6; round++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                // Some read the head as it is, some are behind; half of them at buckets of their own.
                if (await TestTable.Open(lake, time).ReadAsync(default) is not { } head)
                    continue;
                var bucket = random.Next(2) == 0 ? actor : random.Next(TestTable.Buckets);
                var change = await TestTable.ChangeAsync(lake, head.Offsets, (bucket, random.Next(1, 20)));
                if (random.Next(6) == 0)
                    change = change with { Added = [], To = change.From };
                else if (random.Next(3) == 0 && await TestTable.ReplacementAsync(lake, TestTable.Open(lake, time), head, bucket, random) is { } replacement)
                    change = random.Next(2) == 0 ? replacement : replacement with { Guarded = [] }; // what is removed must be there, whatever else is guarded
                var commit = await table.CommitAsync(change, default);
                if (!change.Added.IsEmpty)
                    ended.Add((commit.Outcome, change));
                if (random.Next(3) == 0 && await Record.ExceptionAsync(() => table.ExpireAsync(default)) is { } failure and not IOException)
                    throw failure;
            }
        }
    }
}
