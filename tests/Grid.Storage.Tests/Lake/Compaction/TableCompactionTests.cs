using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Tests.Buckets;
using Grid.Storage.Tests.Lake.Tables;
using Grid.Storage.Tests.Lake.Tiering;
using Xunit.Abstractions;

namespace Grid.Storage.Tests.Lake.Compaction;

/// <summary>A bucket's small lake files become large ones, whatever fails and whoever else is at it, and each row stays in the lake once.</summary>
public sealed class TableCompactionTests(ITestOutputHelper output)
{
    private const int Frames = 24;
    private const int FrameRows = 5;
    private readonly ImpatientTime _time = new();

    [Fact]
    public async Task Small_files_become_one_and_readers_get_the_same_rows()
    {
        await using var bucket = await FilledAsync();
        var (run, lake) = await TieredAsync(bucket, rounds: 8);
        var compactor = run.Compactor(lake, new CompactionOptions { FilesMin = 8, Growth = 4 });
        Assert.True(compactor.IsDue(await run.Table(lake).ReadAsync(default)));
        var before = await FilesAsync(run, lake);

        var step = await compactor.RunAsync(bucket.Table, default);

        var after = await FilesAsync(run, lake);
        Assert.Equal((8, 1), (before.Count, after.Count));
        Assert.Equal(new CompactionStep(8, 1, before.Sum(file => file.Bytes), after[0].Bytes), step);
        Assert.Equal(40, await run.CheckAsync(lake));
        Assert.Equal(Enumerable.Range(0, 40).Select(id => (long)id), await run.ReadIdsAsync(lake));
        Assert.Equal((1, _time.GetUtcNow().ToUnixTimeMilliseconds(), null), (compactor.Numbers.SmallFiles, compactor.Numbers.CommittedMs, compactor.Numbers.Hindrance));
        var state = (await run.Table(lake).ReadAsync(default))!;
        Assert.Equal(Snapshot.Replace, state.Metadata.CurrentSnapshot!.Summary[Snapshot.OperationKey]);

        // What came out is looked at once more, and there is nothing.
        Assert.True(compactor.IsDue(state));
        Assert.Equal(CompactionStep.Nothing, await compactor.RunAsync(bucket.Table, default));
        Assert.False(compactor.IsDue(state));
    }

    [Fact]
    public async Task Files_of_an_older_schema_come_out_in_the_newest()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await bucket.AppendAsync(LogTable.Frame(0, FrameRows));
        var run = new TieringRun(bucket, _time) { Committed = FrameRows };
        var lake = new MemoryLake(_time);
        await run.TryAsync(run.Coordinator(lake));
        bucket.Table = LogTable.Of(LogTable.Schema, LogTable.Wider);
        bucket.Engine.Update(bucket.Table);
        await bucket.AppendAsync(LogTable.Frame(FrameRows, FrameRows, schema: LogTable.Wider));
        run.Committed = 2 * FrameRows;
        await run.TryAsync(run.Coordinator(lake));

        await run.TryCompactAsync(run.Compactor(lake), lake);

        var file = Assert.Single(await FilesAsync(run, lake));
        Assert.Equal((10, 5), (file.ValueCounts[3], file.NullCounts[3]));
        Assert.Equal(10, await run.CheckAsync(lake));
        Assert.Equal(Enumerable.Range(0, 10).Select(id => (long)id), await run.ReadIdsAsync(lake));

        // One that has not heard of the newest schema would lose its columns.
        run.Committed = 15;
        await bucket.AppendAsync(LogTable.Frame(10, FrameRows, schema: LogTable.Wider));
        await run.TryAsync(run.Coordinator(lake));
        var refused = await Assert.ThrowsAsync<GridException>(() => run.Compactor(lake).RunAsync(LogTable.Of(LogTable.Schema), default));
        Assert.Equal(GridErrorCode.SchemaStale, refused.Code);
        Assert.Equal(2, (await FilesAsync(run, lake)).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_compaction_that_dies_at_any_call_leaves_each_row_in_the_lake_once(bool after)
    {
        await using var bucket = await FilledAsync();
        for (var call = 0; ; call++)
        {
            var (run, lake) = await TieredAsync(bucket, rounds: 4);
            var dying = new FaultyLake(lake, new Random(call), faults: 0, [], () => Task.CompletedTask) { KilledAt = (call, after) };
            await run.TryCompactAsync(run.Compactor(dying), lake);
            Assert.Equal(20, await run.CheckAsync(lake));

            // Another goes on, beside rounds.
            run.Committed = 30;
            await run.TryAsync(run.Coordinator(lake));
            await run.TryCompactAsync(run.Compactor(lake), lake);
            Assert.Equal(30, await run.CheckAsync(lake));
            Assert.Equal(Enumerable.Range(0, 30).Select(id => (long)id), await run.ReadIdsAsync(lake));

            // When the snapshots of before are gone, so are the files that were replaced and what the dead one left.
            var table = run.Table(lake, new LakeTableOptions { SnapshotsKept = 1, SnapshotAgeMsMax = 0 });
            _time.Advance(TimeSpan.FromDays(2));
            await table.ExpireAsync(default);
            await table.DeleteOrphansAsync(default);
            var live = (await FilesAsync(run, lake)).Select(file => file.Location[(lake.Root.Length + 1)..]);
            Assert.Equal(live.Order(StringComparer.Ordinal), lake.Names.Where(name => name.Contains("/data/", StringComparison.Ordinal)));
            if (dying.Calls <= call)
                break;
        }
    }

    [Fact]
    public async Task Rounds_and_compactions_of_several_over_a_store_that_fails_keep_each_row_in_once()
    {
        await using var bucket = await FilledAsync();
        var first = Random.Shared.Next();
        for (var seed = first; seed < first + 30; seed++)
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
    public async Task Two_that_compact_the_same_files_leave_one_of_theirs()
    {
        await using var bucket = await FilledAsync();
        var (run, lake) = await TieredAsync(bucket, rounds: 4);
        var rival = run.Compactor(lake);
        var raced = false;
        var store = new FaultyLake(lake, new Random(1), 0, [], async () =>
        {
            // As soon as ours is written.
            if (!raced && lake.Names.Count(name => name.Contains("/data/", StringComparison.Ordinal)) == 5)
            {
                raced = true;
                await rival.RunAsync(bucket.Table, default);
            }
        });

        var step = await run.Compactor(store).RunAsync(bucket.Table, default);

        Assert.True(raced);
        Assert.Equal(CompactionStep.Nothing, step);
        Assert.Single(await FilesAsync(run, lake));
        Assert.Equal(5, lake.Names.Count(name => name.Contains("/data/", StringComparison.Ordinal)));
        Assert.Equal(20, await run.CheckAsync(lake));
    }

    [Fact]
    public async Task A_table_with_deletes_that_others_made_is_left_alone()
    {
        await using var bucket = await FilledAsync();
        var (run, lake) = await TieredAsync(bucket, rounds: 4);
        var compactor = run.Compactor(lake);
        var raced = false;
        var store = new FaultyLake(lake, new Random(1), 0, [], async () =>
        {
            if (!raced && lake.Names.Count(name => name.Contains("/data/", StringComparison.Ordinal)) == 5)
            {
                raced = true;
                await DeleteRowAsync(run, lake, bucket.Table);
            }
        });

        // Deletes that come in between planning and commit end it, those that are there begin none.
        Assert.Equal(CompactionStep.Nothing, await run.Compactor(store).RunAsync(bucket.Table, default));
        Assert.True(raced);
        Assert.Equal(CompactionStep.Nothing, await compactor.RunAsync(bucket.Table, default));

        Assert.Contains("has files of deletes", compactor.Numbers.Hindrance, StringComparison.Ordinal);
        Assert.Equal(4, (await FilesAsync(run, lake)).Count);
        Assert.Equal(4, lake.Names.Count(name => name.Contains("/data/bucket-0/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_does_not_read_keeps_its_neighbours_as_they_are_and_no_others(bool isGone)
    {
        await using var bucket = await FilledAsync();
        var (run, lake) = await TieredAsync(bucket, rounds: 2);
        var damaged = (await FilesAsync(run, lake)).OrderBy(file => file.Location).First().Location[(lake.Root.Length + 1)..];
        await lake.DeleteAsync(damaged, default);
        if (!isGone)
            await lake.PutAsync(damaged, new byte[100], default);
        var compactor = run.Compactor(lake);

        var refused = await Assert.ThrowsAsync<GridException>(() => compactor.RunAsync(bucket.Table, default));

        Assert.Equal(isGone ? GridErrorCode.StorageFailed : GridErrorCode.Corrupt, refused.Code);
        for (var committed = 15; committed <= 30; committed += 5)
        {
            run.Committed = committed;
            await run.TryAsync(run.Coordinator(lake));
        }

        await run.TryCompactAsync(compactor, lake);
        Assert.Equal([5L, 5L, 20L], (await FilesAsync(run, lake)).Select(file => file.Rows).Order());
    }

    [Fact]
    public async Task It_is_asked_for_where_it_is_switched_off()
    {
        await using var bucket = await FilledAsync();
        var (run, lake) = await TieredAsync(bucket, rounds: 3);
        var compactor = run.Compactor(lake, new CompactionOptions { IsOn = false, FilesMin = 2 });
        var head = await run.Table(lake).ReadAsync(default);
        Assert.False(compactor.IsDue(head));

        compactor.Ask();
        Assert.True(compactor.IsDue(head));
        Assert.Equal(3, (await compactor.RunAsync(bucket.Table, default)).Removed);
        Assert.False(compactor.IsDue(head));
    }

    private static async Task<List<LakeFile>> FilesAsync(TieringRun run, ILakeStore lake)
    {
        var files = new List<LakeFile>();
        await foreach (var file in run.Table(lake).ListFilesAsync((await run.Table(lake).ReadAsync(default))!, 0, default))
            files.Add(file);
        return files;
    }

    private static async Task DeleteRowAsync(TieringRun run, ILakeStore lake, TableInfo table)
    {
        var name = $"{LakeFolders.Of(table)}/data/deletes.parquet";
        await lake.TryCreateAsync(name, new byte[1], default);
        var deletes = new LakeFile { Content = LakeFileContent.PositionDeletes, Location = $"{lake.Root}/{name}", Partition = [0], Rows = 1, Bytes = 1 };
        var head = (await run.Table(lake).ReadAsync(default))!;
        var change = new LakeChange { From = head.Offsets, To = head.Offsets, Added = [deletes], Schema = table.Schema };
        Assert.Equal(LakeOutcome.Committed, (await run.Table(lake).CommitAsync(change, default)).Outcome);
    }

    private async Task RunAsync(TestBucket bucket, int seed)
    {
        var random = new Random(seed);
        var run = new TieringRun(bucket, _time);
        var lake = new MemoryLake(_time);
        var late = new List<Func<Task>>();
        var faulty = new FaultyLake(lake, random, faults: random.Next(3) * 0.03, late, () => Task.CompletedTask);
        var coordinators = new[] { run.Coordinator(faulty), run.Coordinator(faulty) };
        var compactors = new[] { run.Compactor(faulty), run.Compactor(faulty) };
        for (var frame = 1; frame <= Frames; frame++)
        {
            run.Committed = frame * FrameRows;
            await run.TryAsync(coordinators[random.Next(2)]);
            if (random.Next(3) == 0)
                await run.TryCompactAsync(compactors[random.Next(2)], lake);
            Assert.InRange(await run.CheckAsync(lake), 0, run.Committed);
        }

        foreach (var landing in late)
            await landing();
        await run.TryAsync(run.Coordinator(lake));
        await run.TryCompactAsync(run.Compactor(lake), lake);
        Assert.Equal(Frames * FrameRows, await run.CheckAsync(lake));
        Assert.Equal(Enumerable.Range(0, Frames * FrameRows).Select(id => (long)id), await run.ReadIdsAsync(lake));
        Assert.InRange((await FilesAsync(run, lake)).Count, 1, 5);
    }

    /// <summary>A lake with a file of five rows from each round.</summary>
    private async Task<(TieringRun Run, MemoryLake Lake)> TieredAsync(TestBucket bucket, int rounds)
    {
        var run = new TieringRun(bucket, _time);
        var lake = new MemoryLake(_time);
        for (var round = 1; round <= rounds; round++)
        {
            run.Committed = round * FrameRows;
            await run.TryAsync(run.Coordinator(lake));
        }

        Assert.Equal(rounds * FrameRows, await run.CheckAsync(lake));
        return (run, lake);
    }

    private static async Task<TestBucket> FilledAsync()
    {
        var bucket = await TestBucket.OpenAsync();
        for (var frame = 0; frame < Frames; frame++)
            await bucket.AppendAsync(LogTable.Frame(frame * FrameRows, FrameRows));
        return bucket;
    }
}
