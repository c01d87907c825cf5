using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Keys;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Tests.Kv;
using Grid.Storage.Tests.Lake.Tables;

namespace Grid.Storage.Tests.Lake.Keys;

public sealed class KeyCompactionTests
{
    private static readonly KeyCompactionRule Rule = new(FilesMin: 4, Growth: 2, SmallBytes: 1 << 20, BytesMax: 1 << 20, DeletedPercent: 30);
    private readonly ImpatientTime _time = new();
    private readonly MemoryLake _lake;

    public KeyCompactionTests() => _lake = new MemoryLake(_time);

    [Fact]
    public async Task Small_files_and_their_deletes_become_one_in_key_order_and_the_table_stays_the_same()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time);
        var coordinator = keys.Coordinator(_lake);
        for (var round = 0; round < 6; round++)
        {
            await WriteAsync(bucket, round, Enumerable.Range(0, 40).Select(key => (long)((key * 5) + round)));
            Assert.Null(await keys.TryAsync(coordinator));
        }

        var (end, before) = await keys.ReadAsync(_lake);
        Assert.Equal(LakeOutcome.Committed, (await keys.CompactAsync(_lake, Rule))!.Outcome);
        var (data, deletes) = await ListAsync(keys);
        Assert.Equal(before.Count, Assert.Single(data).Rows);
        Assert.Empty(deletes);
        Assert.Equal(end, await keys.CheckAsync(_lake));
        Assert.Equal(before.OrderBy(row => row.Offset), (await keys.ReadAsync(_lake)).Rows.OrderBy(row => row.Offset));
        Assert.Equal(("replace", "0"), (await SummaryAsync(keys, "operation"), await SummaryAsync(keys, "total-position-deletes")));

        // Later rounds find the rows where they are now, in the same index and in one that is made anew.
        await WriteAsync(bucket, 7, [0, 1, 2, 3]);
        Assert.Null(await keys.TryAsync(coordinator));
        await keys.CheckAsync(_lake);
        Assert.Equal("4", await SummaryAsync(keys, "total-position-deletes"));
        await bucket.ReopenAsync(() => Directory.Delete(bucket.LakeFolder, recursive: true));
        await WriteAsync(bucket, 8, [3, 4]);
        Assert.Null(await keys.TryAsync(keys.Coordinator(_lake)));
        await keys.CheckAsync(_lake);
        Assert.Null(await keys.CompactAsync(_lake, Rule));
    }

    [Fact]
    public async Task A_file_of_which_much_is_gone_is_rewritten_and_one_of_which_all_is_gone_goes()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time);
        var coordinator = keys.Coordinator(_lake);
        await WriteAsync(bucket, 0, Enumerable.Range(0, 100).Select(key => (long)key));
        Assert.Null(await keys.TryAsync(coordinator));
        await WriteAsync(bucket, 1, Enumerable.Range(1000, 10).Select(key => (long)key));
        Assert.Null(await keys.TryAsync(coordinator));
        await bucket.WriteAsync(Delete(Enumerable.Range(0, 29).Select(key => (long)key)));
        Assert.Null(await keys.TryAsync(coordinator));
        Assert.Null(await keys.CompactAsync(_lake, Rule));

        await bucket.WriteAsync(Delete(Enumerable.Range(1000, 10).Select(key => (long)key).Append(30)));
        Assert.Null(await keys.TryAsync(coordinator));
        Assert.Equal(LakeOutcome.Committed, (await keys.CompactAsync(_lake, Rule))!.Outcome);
        var (data, deletes) = await ListAsync(keys);
        Assert.Equal(70, Assert.Single(data).Rows);
        Assert.Empty(deletes);
        await keys.CheckAsync(_lake);
    }

    [Fact]
    public async Task Deletes_of_a_large_file_become_one_file_while_it_stays()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time);
        var coordinator = keys.Coordinator(_lake);
        await WriteAsync(bucket, 0, Enumerable.Range(0, 1000).Select(key => (long)key));
        Assert.Null(await keys.TryAsync(coordinator));
        for (var round = 0; round < 5; round++)
        {
            await bucket.WriteAsync(Delete(Enumerable.Range(round * 10, 10).Select(key => (long)key)));
            Assert.Null(await keys.TryAsync(coordinator));
        }

        Assert.Equal(LakeOutcome.Committed, (await keys.CompactAsync(_lake, Rule))!.Outcome);
        var (data, deletes) = await ListAsync(keys);
        Assert.Equal((1000L, 50L), (Assert.Single(data).Rows, Assert.Single(deletes).Rows));
        Assert.Equal(data[0].Location, deletes[0].ReferencedDataFile);
        await keys.CheckAsync(_lake);
    }

    [Fact]
    public async Task A_table_is_compacted_step_by_step_when_commits_came_by_and_wholly_when_asked()
    {
        await using var bucket = await FilledAsync(4);
        var keys = new KeyLake(bucket, _time);
        var coordinator = keys.Coordinator(_lake);
        var compaction = keys.Compaction(_lake, new CompactionOptions { FilesMin = 4, Growth = 2 });
        Assert.False(compaction.IsDue(null));
        for (var round = 0; round < 9; round++)
        {
            await WriteAsync(bucket, round, Enumerable.Range(0, 12).Select(key => (long)((key * 3) + (round % 4))));
            Assert.Null(await keys.TryAsync(coordinator));
        }

        Assert.True(compaction.IsDue(await keys.Open(_lake).ReadAsync(default)));
        Assert.True(await StepsAsync() > 0);
        var (data, _) = await ListAsync(keys);
        Assert.InRange(data.Count, 1, 4);
        await keys.CheckAsync(_lake);
        Assert.False(compaction.IsDue(await keys.Open(_lake).ReadAsync(default)));

        await WriteAsync(bucket, 20, [1, 100]);
        Assert.Null(await keys.TryAsync(coordinator));
        Assert.False(compaction.IsDue(await keys.Open(_lake).ReadAsync(default)));
        compaction.Ask();
        Assert.True(compaction.IsAsked);
        Assert.True(await StepsAsync() > 0);
        Assert.False(compaction.IsAsked);
        var all = await ListAsync(keys);
        Assert.Equal((1, 0), (all.Data.Count, all.Deletes.Count));
        await keys.CheckAsync(_lake);

        async Task<int> StepsAsync()
        {
            for (var steps = 0; ; steps++)
            {
                var head = await keys.Open(_lake).ReadAsync(default);
                if (!compaction.IsDue(head) || (await compaction.RunAsync(bucket.Table, default)).Removed == 0)
                    return steps;
                Assert.InRange(steps, 0, 20);
            }
        }
    }

    [Fact]
    public async Task A_compaction_that_a_round_overtakes_is_thrown_away()
    {
        await using var bucket = await FilledAsync(4);
        var keys = new KeyLake(bucket, _time);
        var coordinator = keys.Coordinator(_lake);
        await TierEachAsync(keys, coordinator, bucket);
        await WriteAsync(bucket, 9, [1, 2, 3]);
        var commit = await keys.CompactAsync(_lake, Rule, async () => Assert.Null(await keys.TryAsync(coordinator)));
        Assert.Equal((LakeOutcome.Discarded, DiscardReason.OffsetsMoved), (commit!.Outcome, commit.Reason));
        await keys.CheckAsync(_lake);

        await WriteAsync(bucket, 10, [2, 3, 4]);
        Assert.Null(await keys.TryAsync(coordinator));
        await keys.CheckAsync(_lake);
    }

    [Fact]
    public async Task A_round_whose_deletes_name_files_that_were_compacted_meanwhile_is_thrown_away()
    {
        await using var bucket = await FilledAsync(4);
        var keys = new KeyLake(bucket, _time);
        var coordinator = keys.Coordinator(_lake);
        await TierEachAsync(keys, coordinator, bucket);
        await WriteAsync(bucket, 9, [1, 2, 3]);
        keys.AfterWriting = async () =>
        {
            keys.AfterWriting = null;
            Assert.Equal(LakeOutcome.Committed, (await keys.CompactAsync(_lake, Rule))!.Outcome);
        };
        Assert.Equal(GridErrorCode.VersionConflict, Assert.IsType<GridException>(await keys.TryAsync(coordinator)).Code);
        await keys.CheckAsync(_lake);
        Assert.Null(await keys.TryAsync(coordinator));
        Assert.Equal(bucket.Engine.GetStatus().HighWatermark.Value, await keys.CheckAsync(_lake));
    }

    [Fact]
    public async Task A_compaction_that_dies_at_any_call_leaves_the_table_as_it_is()
    {
        for (var call = 0; ; call++)
        {
            await using var bucket = await FilledAsync(2);
            var lake = new MemoryLake(_time);
            var keys = new KeyLake(bucket, _time);
            for (var round = 0; round < 4; round++)
            {
                await WriteAsync(bucket, round, [round, round + 1, 40]);
                Assert.Null(await keys.TryAsync(keys.Coordinator(lake)));
            }

            await bucket.ReopenAsync();
            var dying = new FaultyLake(lake, new Random(call), faults: 0, [], () => Task.CompletedTask) { KilledAt = (call, call % 2 == 0) };
            try
            {
                await keys.CompactAsync(dying, Rule);
            }
            catch (Exception failure) when (failure is LakeKilledException or GridException)
            {
            }

            await keys.CheckAsync(lake);
            await bucket.ReopenAsync();
            await WriteAsync(bucket, 9, [1, 3, 5, 40]);
            Assert.Null(await keys.TryAsync(keys.Coordinator(lake)));
            Assert.Equal(bucket.Engine.GetStatus().HighWatermark.Value, await keys.CheckAsync(lake));
            if (dying.Calls <= call)
                break;
        }
    }

    [Fact]
    public void No_row_is_rewritten_more_often_than_its_file_grows()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var files = new List<CountedFile>();
            var (written, rewritten) = (0L, 0L);
            for (var round = 0; round < 400; round++)
            {
                var rows = random.Next(1, 50);
                written += rows;
                files.Add(File(rows, $"{round}"));
                while (KeyCompactionPlan.Of(files, [], Rule with { SmallBytes = long.MaxValue, BytesMax = long.MaxValue }) is { IsEmpty: false } plan)
                {
                    var sum = plan.Data.Sum(file => file.Rows);
                    rewritten += sum;
                    files.RemoveAll(file => plan.Data.Contains(file.File));
                    files.Add(File(sum, $"{round} {files.Count}"));
                }
            }

            Assert.True(rewritten <= written * Math.Ceiling(Math.Log(written, Rule.Growth)), $"seed {seed}: {rewritten} rows rewritten of {written}");
            Assert.InRange(files.Count, 1, 40);
        }

        static CountedFile File(long rows, string name) => new(new LakeFile { Location = name, Partition = [0], Rows = rows, Bytes = rows }, rows);
    }

    private static async Task<EngineBucket> FilledAsync(int rows)
    {
        var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        await WriteAsync(bucket, 0, Enumerable.Range(0, rows).Select(key => (long)key));
        return bucket;
    }

    private static async Task TierEachAsync(KeyLake keys, TableTiering coordinator, EngineBucket bucket)
    {
        for (var round = 0; round < 6; round++)
        {
            await WriteAsync(bucket, round, Enumerable.Range(0, 10).Select(key => (long)(key + round)));
            Assert.Null(await keys.TryAsync(coordinator));
        }
    }

    private static Task WriteAsync(EngineBucket bucket, long number, IEnumerable<long> rows) =>
        bucket.WriteAsync(KvFrames.Write(KeyLake.Schema, [.. rows.Select(key => new object?[] { key, $"{number}", new object?[] { $"{key}" } })]));

    private static WriteRequest Delete(IEnumerable<long> rows)
    {
        long[] keys = [.. rows];
        return KvFrames.Write(KeyLake.Schema, [.. keys.Select(key => new object?[] { key, null, null })], [.. keys.Select(_ => ChangeKind.Delete)]);
    }

    private async Task<string> SummaryAsync(KeyLake keys, string name) => (await keys.Open(_lake).ReadAsync(default))!.Metadata.CurrentSnapshot!.Summary[name];

    private async Task<(List<LakeFile> Data, List<LakeFile> Deletes)> ListAsync(KeyLake keys)
    {
        var state = (await keys.Open(_lake).ReadAsync(default))!;
        return (await keys.Open(_lake).ListFilesAsync(state, 0, default).ToListAsync(), await keys.Open(_lake).ListDeletesAsync(state, 0, default).ToListAsync());
    }
}
