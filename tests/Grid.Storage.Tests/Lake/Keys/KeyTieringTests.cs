using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Keys;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Tests.Kv;
using Grid.Storage.Tests.Lake.Tables;
using Xunit.Abstractions;

namespace Grid.Storage.Tests.Lake.Keys;

public sealed class KeyTieringTests(ITestOutputHelper output)
{
    private readonly ImpatientTime _time = new();

    [Fact]
    public async Task The_lake_is_the_table_at_its_offset_for_a_reader_of_Iceberg_alone()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time);
        var lake = new MemoryLake(_time);
        var coordinator = keys.Coordinator(lake);

        await bucket.WriteAsync(Upsert([1L, "a", null], [2L, "b", Tags("x")], [3L, "c", Tags()]));
        Assert.Null(await keys.TryAsync(coordinator));
        Assert.Equal(3, await keys.CheckAsync(lake));

        // 1 changes, 2 goes, 3 stays, 4 comes, 5 comes and goes again before anybody saw it.
        await bucket.WriteAsync(Upsert([1L, "a2", Tags("y", "z")], [4L, "d", null], [5L, "e", null]));
        await bucket.WriteAsync(Delete(2, 5));
        Assert.Null(await keys.TryAsync(coordinator));
        Assert.Equal(9, await keys.CheckAsync(lake));
        Assert.Equal(["[1, 'a2', ['y', 'z']]", "[3, 'c', []]", "[4, 'd', null]"], (await keys.ReadAsync(lake)).Rows.Select(row => row.Row).Order(StringComparer.Ordinal));

        // What went comes again.
        await bucket.WriteAsync(Upsert([2L, "b2", null]));
        Assert.Null(await keys.TryAsync(coordinator));
        Assert.Equal(10, await keys.CheckAsync(lake));

        // Two rows were replaced or gone, each said once.
        Assert.Equal("2", (await keys.Open(lake).ReadAsync(default))!.Metadata.CurrentSnapshot!.Summary["total-position-deletes"]);
    }

    [Fact]
    public async Task A_commit_has_each_key_once_and_deletes_only_what_the_lake_had()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time);
        var lake = new MemoryLake(_time);
        var coordinator = keys.Coordinator(lake);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 20; i++)
                await bucket.WriteAsync(Upsert([1L, $"{round} {i}", null], [100L + i, $"{round} {i}", null]));
            Assert.Null(await keys.TryAsync(coordinator));
        }

        await keys.CheckAsync(lake);
        var state = (await keys.Open(lake).ReadAsync(default))!;
        var data = await keys.Open(lake).ListFilesAsync(state, 0, default).ToListAsync();
        var deletes = await keys.Open(lake).ListDeletesAsync(state, 0, default).ToListAsync();
        Assert.Equal([21, 21, 21], data.Select(file => file.Rows));
        Assert.Equal([21, 21], deletes.Select(file => file.Rows));
        Assert.All(deletes, file => Assert.Contains(data, other => other.Location == file.ReferencedDataFile));
        Assert.Equal(("63", "42"), (state.Metadata.CurrentSnapshot!.Summary["total-records"], state.Metadata.CurrentSnapshot.Summary["total-position-deletes"]));
    }

    [Fact]
    public async Task Changes_that_come_to_nothing_move_the_offset()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time);
        var lake = new MemoryLake(_time);
        var coordinator = keys.Coordinator(lake);
        await bucket.WriteAsync(Upsert([1L, "a", null]));
        await bucket.WriteAsync(Delete(1));
        Assert.Null(await keys.TryAsync(coordinator));
        Assert.Equal(2, await keys.CheckAsync(lake));
        Assert.DoesNotContain(lake.Names, name => name.EndsWith(".parquet", StringComparison.Ordinal));
        await bucket.WriteAsync(Delete(7));
        Assert.Null(await keys.TryAsync(coordinator));
        Assert.Equal(3, await keys.CheckAsync(lake));
    }

    [Fact]
    public async Task A_round_holds_so_many_bytes_and_files_end_at_their_size()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time) { Options = new TierOptions { KeyRoundBytesMax = 1, FileBytesTarget = 1, RowGroupBytesMax = 100_000 } };
        var lake = new MemoryLake(_time);
        var coordinator = keys.Coordinator(lake);
        for (var i = 0; i < 4; i++)
            await bucket.WriteAsync(Upsert([.. Enumerable.Range(0, 20_000).Select(key => new object?[] { (long)key, $"{i} {key} {new string('x', 40)}", null })]));
        var offsets = new List<long>();
        while (offsets.Count == 0 || offsets[^1] < bucket.Engine.GetStatus().HighWatermark.Value)
        {
            Assert.Null(await keys.TryAsync(coordinator));
            offsets.Add(await keys.CheckAsync(lake));
        }

        Assert.InRange(offsets.Count, 4, 100);
        var state = (await keys.Open(lake).ReadAsync(default))!;
        Assert.InRange((await keys.Open(lake).ListFilesAsync(state, 0, default).ToListAsync()).Count, offsets.Count + 1, 1000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_round_that_dies_at_any_call_leaves_the_lake_right(bool after)
    {
        for (var call = 0; ; call++)
        {
            await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
            var keys = new KeyLake(bucket, _time);
            var lake = new MemoryLake(_time);
            await bucket.WriteAsync(Upsert([1L, "a", null], [2L, "b", null]));
            Assert.Null(await keys.TryAsync(keys.Coordinator(lake)));

            await bucket.WriteAsync(Upsert([1L, "c", null], [3L, "d", null]));
            await bucket.WriteAsync(Delete(2));
            await bucket.ReopenAsync(); // the store is the tiering's for as long as the bucket is open
            var dying = new FaultyLake(lake, new Random(call), faults: 0, [], () => Task.CompletedTask) { KilledAt = (call, after) };
            await keys.TryAsync(keys.Coordinator(dying));
            Assert.Contains(await keys.CheckAsync(lake), new long[] { 2, 6 });

            // What the dead round had of key 3 must not be taken for the lake's, now that it is gone again.
            await bucket.ReopenAsync();
            await bucket.WriteAsync(Upsert([1L, "e", null], [2L, "f", null]));
            await bucket.WriteAsync(Delete(3));
            var coordinator = keys.Coordinator(lake);
            Assert.Null(await keys.TryAsync(coordinator));
            Assert.Equal(10, await keys.CheckAsync(lake));
            await bucket.WriteAsync(Upsert([3L, "g", null]));
            Assert.Null(await keys.TryAsync(coordinator));
            Assert.Equal(11, await keys.CheckAsync(lake));
            if (dying.Calls <= call)
                break;
        }
    }

    [Fact]
    public async Task Whatever_fails_dies_or_is_restored_each_version_of_the_lake_is_the_table()
    {
        for (var seed = 0; seed < 12; seed++)
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

    [Fact]
    public async Task A_lake_that_begins_when_the_changelog_was_cut_begins_with_the_rows_that_there_are()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table with { Options = KeyLake.Table.Options with { SegmentBytesMax = 64 * 1024, RetentionBytes = 1 } });
        var random = new Random(5);
        for (var i = 0; i < 40; i++)
            await bucket.WriteAsync(Upsert([.. Enumerable.Range(0, 1000).Select(key => new object?[] { (long)key, $"{random.NextInt64()} {random.NextInt64()}", null })]));
        await bucket.WriteAsync(Delete(3, 999));
        await bucket.Engine.ApplyRetentionAsync(null, default);
        Assert.True(bucket.Engine.GetStatus().StartOffset.Value > 2000);

        var keys = new KeyLake(bucket, _time);
        var lake = new MemoryLake(_time);
        var coordinator = keys.Coordinator(lake);
        Assert.Null(await keys.TryAsync(coordinator));
        await EqualsTableAsync(keys, lake, bucket);

        // And goes on with changes.
        await bucket.WriteAsync(Upsert([3L, "again", null], [5L, "changed", Tags("t")]));
        await bucket.WriteAsync(Delete(6));
        Assert.Null(await keys.TryAsync(coordinator));
        await EqualsTableAsync(keys, lake, bucket);
    }

    [Fact]
    public async Task Rows_of_older_schemas_come_in_as_the_newest()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time);
        var lake = new MemoryLake(_time);
        var coordinator = keys.Coordinator(lake);
        await bucket.WriteAsync(Upsert([1L, "a", null], [2L, "b", null]));
        Assert.Null(await keys.TryAsync(coordinator));
        await bucket.WriteAsync(Upsert([3L, "c", null]));
        bucket.Update(bucket.Table.Change(new AddColumn(new Column("size", DataType.Int32))));
        await bucket.WriteAsync(Upsert(bucket.Table.Schema, [2L, "b2", null, 7]));
        Assert.Null(await keys.TryAsync(coordinator));
        await EqualsTableAsync(keys, lake, bucket);
    }

    [Fact]
    public async Task An_index_that_is_lost_or_damaged_is_made_again_from_the_lake()
    {
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time);
        var lake = new MemoryLake(_time);
        await bucket.WriteAsync(Upsert([1L, "a", null], [2L, "b", null], [3L, "c", null]));
        Assert.Null(await keys.TryAsync(keys.Coordinator(lake)));
        await bucket.WriteAsync(Upsert([1L, "a2", null]));
        await bucket.WriteAsync(Delete(2));
        Assert.Null(await keys.TryAsync(keys.Coordinator(lake)));
        await bucket.ReopenAsync(() => Directory.Delete(bucket.LakeFolder, recursive: true));
        await bucket.WriteAsync(Upsert([1L, "a3", null], [2L, "b3", null], [3L, "c3", null]));
        Assert.Null(await keys.TryAsync(keys.Coordinator(lake)));
        await keys.CheckAsync(lake);

        await bucket.ReopenAsync(() =>
        {
            foreach (var file in Directory.GetFiles(bucket.LakeFolder, "*.sst"))
                File.WriteAllBytes(file, [.. File.ReadAllBytes(file).Select(value => (byte)~value)]);
        });
        await bucket.WriteAsync(Upsert([1L, "a4", null], [4L, "d", null]));
        var failed = await keys.TryAsync(keys.Coordinator(lake)); // where the damage is met in a read, the next round mends it
        if (failed is not null)
            Assert.Null(await keys.TryAsync(keys.Coordinator(lake)));
        await keys.CheckAsync(lake);
    }

    private static async Task EqualsTableAsync(KeyLake keys, MemoryLake lake, EngineBucket bucket)
    {
        var (end, rows) = await keys.ReadAsync(lake);
        Assert.Equal(bucket.Engine.GetStatus().HighWatermark.Value, end);
        Assert.Equal((await bucket.ReadAllAsync()).OrderBy(row => row.Row, StringComparer.Ordinal), rows.OrderBy(row => row.Row, StringComparer.Ordinal));
    }

    private async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, _time) { Options = new TierOptions { KeyRoundBytesMax = 20_000, FileBytesTarget = 1, RowGroupBytesMax = 4_000 } };
        var lake = new MemoryLake(_time);
        var late = new List<Func<Task>>();
        var faulty = new FaultyLake(lake, random, faults: 0.05, late, () => Task.CompletedTask);
        var coordinators = new[] { keys.Coordinator(faulty), keys.Coordinator(faulty) };
        var tiered = 0L;
        for (var step = 0; step < 40; step++)
        {
            for (var i = random.Next(4); i > 0; i--)
                await WriteAsync(bucket, random);
            var copy = random.Next(8) == 0 ? bucket.CopyFiles() : null;
            var which = random.Next(coordinators.Length);
            if (random.Next(5) == 0)
                coordinators[which] = keys.Coordinator(faulty);
            await keys.TryAsync(coordinators[which]);
            if (random.Next(4) == 0)
                await TryCompactAsync(keys, faulty, random);
            if (copy is not null)
                await bucket.RestartFromAsync(copy); // its index is one round old, or torn
            else if (random.Next(8) == 0)
                await bucket.ReopenAsync();
            var now = await keys.CheckAsync(lake);
            Assert.InRange(now, tiered, bucket.Engine.GetStatus().HighWatermark.Value);
            tiered = now;
        }

        foreach (var landing in late)
            await landing();
        await bucket.ReopenAsync();
        var last = keys.Coordinator(lake);
        while (await keys.CheckAsync(lake) < bucket.Engine.GetStatus().HighWatermark.Value)
            await keys.TryAsync(last);
    }

    private static async Task TryCompactAsync(KeyLake keys, FaultyLake lake, Random random)
    {
        try
        {
            if (await keys.Open(lake).ReadAsync(default) is not null)
                await keys.CompactAsync(lake, new KeyCompactionRule(FilesMin: random.Next(2, 5), Growth: random.Next(1, 3), 1 << 20, 1 << 20, DeletedPercent: random.Next(1, 60)));
        }
        catch (Exception failure) when (failure is IOException or GridException)
        {
        }
    }

    private static async Task WriteAsync(EngineBucket bucket, Random random)
    {
        var rows = Enumerable.Range(0, random.Next(1, 30)).Select(_ => (long)random.Next(60)).Distinct().ToArray();
        await bucket.WriteAsync(random.Next(3) == 0
            ? Delete(rows)
            : Upsert([.. rows.Select(key => new object?[] { key, random.Next(10) == 0 ? null : $"{random.Next(1000)}", random.Next(3) == 0 ? null : Tags($"{random.Next(9)}") })]));
    }

    private static object?[] Tags(params string[] tags) => tags;

    private static WriteRequest Upsert(params object?[][] rows) => Upsert(KeyLake.Schema, rows);

    private static WriteRequest Upsert(TableSchema schema, params object?[][] rows) => KvFrames.Write(schema, rows);

    private static WriteRequest Delete(params long[] keys) =>
        KvFrames.Write(KeyLake.Schema, [.. keys.Select(key => new object?[] { key, null, null })], [.. keys.Select(_ => ChangeKind.Delete)]);
}
