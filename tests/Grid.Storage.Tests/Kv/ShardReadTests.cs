using Grid.Abstractions;
using Grid.Storage.Kv;
using Grid.Testing.Time;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Kv;

/// <summary>Lookups and scans of a shard, and the scenarios "Reading".</summary>
public sealed class ShardReadTests
{
    private static readonly TableSchema Schema = KvFrames.Schema(
        ["a", "b", "c"], new Column("text", DataType.String), new Column("a", DataType.Int32, nullable: false), new Column("b", DataType.String, nullable: false),
        new Column("c", DataType.Int64, nullable: false), new Column("number", DataType.Int32));

    private static readonly ColumnId Text = Schema.Columns[0].Id;
    private static readonly ColumnId C = Schema.Columns[3].Id;

    [Fact]
    public async Task A_lookup_answers_flags_and_the_columns_asked_for_in_their_order()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Rows(Enumerable.Range(0, 20).Where(i => i % 3 != 0)));
        using var keys = KvFrames.Keys(Schema, [.. Enumerable.Range(0, 20).Select(Key)]);
        var answer = await bucket.Shard.LookupAsync(new LookupRequest { Keys = keys, SchemaVersion = Schema.Version, Project = true, Columns = [C, Text], Versions = true }, default);
        Assert.Equal(20, answer.Answered);
        Assert.Equal([0b10110110, 0b01101101, 0b00001011], answer.Found.ToArray());
        Assert.Equal(20, answer.Answered);
        Assert.Equal(
            Enumerable.Range(0, 20).Where(i => i % 3 != 0).Select((i, at) => ((object)(long)i, (object?)$"text {i}", (long)at)),
            KvFrames.ReadRows(answer.Rows, Schema, [C, Text]).Select(row => (row.Row[0]!, row.Row[1], row.Version)));
        answer.Rows!.Dispose();
    }

    [Fact]
    public async Task A_lookup_of_no_columns_answers_flags_and_versions()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Rows([1]));
        using var keys = KvFrames.Keys(Schema, [Key(1), Key(2)]);
        var answer = await bucket.Shard.LookupAsync(new LookupRequest { Keys = keys, SchemaVersion = Schema.Version, Project = true, Versions = true }, default);
        Assert.Equal([0b01], answer.Found.ToArray());
        Assert.Single(KvFrames.ReadRows(answer.Rows, Schema, []));
        answer.Rows!.Dispose();
    }

    [Fact]
    public async Task Large_rows_are_answered_a_prefix_at_a_time()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        var random = new Random(1);
        foreach (var chunk in Enumerable.Range(0, 300).Chunk(50))
            bucket.Write(KvFrames.Write(Schema, [.. chunk.Select(i => (object?[])[new string('x', random.Next(8000)), i, "b", (long)i, i])]));
        object?[][] keys = [.. Enumerable.Range(0, 310).Select(i => (object?[])[i, "b", (long)i])];
        var found = 0;
        var calls = 0;
        for (var next = 0; next < keys.Length; calls++)
        {
            using var block = KvFrames.Keys(Schema, keys[next..]);
            var answer = await bucket.Shard.LookupAsync(new LookupRequest { Keys = block, SchemaVersion = Schema.Version, Versions = true }, default);
            Assert.InRange(answer.Answered, 1, keys.Length - next);
            Assert.True(answer.Rows is null || answer.Rows.Length <= GridLimits.CallBytesMax);
            foreach (var (row, _) in KvFrames.ReadRows(answer.Rows, Schema))
                Assert.Equal((object)found++, row[4]);
            answer.Rows?.Dispose();
            next += answer.Answered;
        }

        Assert.Equal(300, found);
        Assert.InRange(calls, 4, 12);
    }

    [Fact]
    public async Task Unknown_columns_and_versions_and_hostile_keys_are_refused()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        using var keys = KvFrames.Keys(Schema, [Key(1)]);
        var good = new LookupRequest { Keys = keys, SchemaVersion = Schema.Version };
        await RefusedAsync(GridErrorCode.UnknownColumn, good with { Project = true, Columns = [new ColumnId(99)] });
        await RefusedAsync(GridErrorCode.SchemaMismatch, good with { SchemaVersion = new SchemaVersion(2) });
        using var torn = FrameBlock.Wrap([5, 0, 0, 0, 1, 0]);
        await RefusedAsync(GridErrorCode.Corrupt, good with { Keys = torn });

        async Task RefusedAsync(GridErrorCode code, LookupRequest request) =>
            Assert.Equal(code, (await Assert.ThrowsAsync<GridException>(() => bucket.Shard.LookupAsync(request, default))).Code);
    }

    [Fact]
    public async Task A_floor_is_waited_for()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        using var keys = KvFrames.Keys(Schema, [Key(1)]);
        var lookup = bucket.Shard.LookupAsync(new LookupRequest { Keys = keys, SchemaVersion = Schema.Version, Floor = new LogOffset(2) }, default);
        bucket.Write(Rows([0]));
        Assert.False(lookup.IsCompleted);
        bucket.Write(Rows([1]));
        var answer = await lookup;
        Assert.Equal([1], answer.Found.ToArray());
        Assert.Equal(2, answer.AppliedOffset.Value);
        answer.Rows!.Dispose();
    }

    [Fact]
    public async Task A_floor_that_is_not_reached_is_refused_in_time()
    {
        var time = new ManualTimeProvider();
        using var applied = new AppliedOffset(LogOffset.Zero, time);
        var wait = applied.WaitAsync(new LogOffset(1), default);
        time.Advance(AppliedOffset.WaitMax);
        Assert.Equal(GridErrorCode.Timeout, (await Assert.ThrowsAsync<GridException>(() => wait)).Code);
    }

    [Fact]
    public async Task A_prefix_gives_all_its_rows_in_key_order_and_a_range_its_part()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(KvFrames.Write(Schema, [.. from a in new[] { 2, 1, -1 } from b in new[] { "y", "", "x" } from c in new[] { 5L, -5, 300 } select (object?[])[null, a, b, c, a]]));
        var prefix = Encode(1, "x");
        var rows = await ScanAsync(bucket, new ScanRequest { Lower = [.. prefix], Upper = [.. KeyEncoder.Successor(prefix)], SchemaVersion = Schema.Version, Versions = true });
        Assert.Equal([-5L, 5, 300], rows.Select(row => (long)row[3]!));

        rows = await ScanAsync(bucket, new ScanRequest { Lower = [.. Encode(1, "x", 5L)], Upper = [.. Encode(2, "", 5L)], SchemaVersion = Schema.Version, Versions = true });
        Assert.Equal([(1, "x", 5L), (1, "x", 300), (1, "y", -5), (1, "y", 5), (1, "y", 300), (2, "", -5)], rows.Select(row => ((int)row[1]!, (string)row[2]!, (long)row[3]!)));

        rows = await ScanAsync(bucket, new ScanRequest { Limit = 4, SchemaVersion = Schema.Version, Versions = true });
        Assert.Equal([(-1, ""), (-1, ""), (-1, ""), (-1, "x")], rows.Select(row => ((int)row[1]!, (string)row[2]!)));
    }

    [Fact]
    public async Task A_full_scan_has_the_rows_of_one_offset_while_writes_go_on()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        for (var i = 0; i < 5; i++)
            bucket.Write(Rows(Enumerable.Range(1000 * i, 1000), "v1 " + new string('x', 200)));
        var answer = await bucket.Shard.OpenScanAsync(new ScanRequest { SchemaVersion = Schema.Version, Versions = true }, default);
        Assert.Equal(5000, answer.Offset.Value);
        bucket.Write(Rows(Enumerable.Range(0, 1000), "v2"));
        bucket.Shard.Flush();
        var rows = new List<object?[]>();
        var pages = 0;
        while (true)
        {
            Assert.True(answer.Rows!.Length <= GridLimits.CallBytesMax);
            Assert.Equal(pages++, answer.Page);
            rows.AddRange(KvFrames.ReadRows(answer.Rows, Schema).Select(row => row.Row));
            answer.Rows.Dispose();
            if (answer.ScanId == 0)
                break;
            answer = await bucket.Shard.NextScanAsync(answer.ScanId, answer.Page + 1, default);
        }

        Assert.InRange(pages, 3, 10);
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => (object)(long)i), rows.Select(row => row[3]!));
        Assert.All(rows, row => Assert.StartsWith("v1", (string)row[0]!, StringComparison.Ordinal));

        // The changelog from the scan's offset on has every later change once.
        Assert.Equal(1000, bucket.Changelog.Count(row => row.Offset >= 5000 && row.Kind == ChangeKind.UpdateAfter));
    }

    [Fact]
    public async Task The_last_page_may_be_asked_for_again_and_others_may_not()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Rows(Enumerable.Range(0, 2000), new string('x', 300)));
        var first = await bucket.Shard.OpenScanAsync(new ScanRequest { SchemaVersion = Schema.Version }, default);
        first.Rows!.Dispose();
        var second = await bucket.Shard.NextScanAsync(first.ScanId, 1, default);
        var again = await bucket.Shard.NextScanAsync(first.ScanId, 1, default);
        Assert.True(second.Rows!.Span.SequenceEqual(again.Rows!.Span));
        second.Rows.Dispose();
        again.Rows.Dispose();
        Assert.Equal(GridErrorCode.InvalidArgument, (await Assert.ThrowsAsync<GridException>(() => bucket.Shard.NextScanAsync(first.ScanId, 0, default))).Code);
        await bucket.Shard.CloseScanAsync(first.ScanId);
        await bucket.Shard.CloseScanAsync(first.ScanId);
        Assert.Equal(GridErrorCode.UnknownScan, (await Assert.ThrowsAsync<GridException>(() => bucket.Shard.NextScanAsync(first.ScanId, 2, default))).Code);
    }

    [Fact]
    public async Task Scans_are_bounded_in_number_and_idle_ones_are_closed()
    {
        var time = new ManualTimeProvider();
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Rows(Enumerable.Range(0, 2000), new string('x', 300)));
        var answers = new RowAnswers(bucket.Shard.Layouts);
        using var scans = new ShardScans(openMax: 2, TimeSpan.FromSeconds(60), time);
        var shape = new AnswerShape(Schema.Version, default, Versions: false);
        ScanAnswer Open() => scans.Open(bucket.Shard.Store, answers, new ScanRequest { SchemaVersion = Schema.Version }, shape);

        var first = Open();
        time.Advance(TimeSpan.FromSeconds(40));
        Open();
        Assert.Equal(GridErrorCode.Busy, Assert.Throws<GridException>(Open).Code);
        time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(1, scans.Count);
        Assert.Equal(GridErrorCode.UnknownScan, Assert.Throws<GridException>(() => scans.Next(first.ScanId, answers, 1)).Code);
        Open();
    }

    [Fact]
    public async Task Rows_of_mixed_schema_versions_read_in_any_of_them()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Rows([1, 2]));
        bucket.Update(bucket.Table.Change(new AddColumn(new Column("added", DataType.String) { Default = "d" }), new RenameColumn("text", "words")));
        bucket.Write(KvFrames.Write(bucket.Table.Schema, [["text 3", 3, "b", 3L, 3, "own"]]));
        Assert.Equal(["d", "d", "own"], (await bucket.LookupAsync(Key(1), Key(2), Key(3))).Select(row => row.Row[5]));

        using var keys = KvFrames.Keys(Schema, [Key(1), Key(3)]);
        var old = await bucket.Shard.LookupAsync(new LookupRequest { Keys = keys, SchemaVersion = Schema.Version, Versions = true }, default);
        Assert.Equal(["text 1", "text 3"], KvFrames.ReadRows(old.Rows, Schema).Select(row => row.Row[0]));
        old.Rows!.Dispose();
    }

    [Fact]
    public async Task A_damaged_or_missing_folder_is_rebuilt_from_the_whole_log()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Rows(Enumerable.Range(0, 100)));
        bucket.Shard.Flush();
        bucket.Write(Rows(Enumerable.Range(50, 100), "later"));
        var rows = await bucket.ReadAllAsync();
        Action<string>[] damages =
        [
            path => Directory.Delete(path, recursive: true),
            path => File.WriteAllText(Path.Combine(path, "CURRENT"), "MANIFEST-999999\n"),
            path => File.Delete(Directory.GetFiles(path, "*.sst")[0]),
            path => ShardFolder.MarkDamaged(path),
        ];
        foreach (var damage in damages)
        {
            await bucket.ReopenAsync(damage);
            Assert.Equal(bucket.End, bucket.Shard.AppliedOffset);
            Assert.Equal(rows, await bucket.ReadAllAsync());
        }
    }

    [Fact]
    public async Task A_shard_that_does_not_fit_the_log_is_rebuilt_or_refused()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Rows(Enumerable.Range(0, 100)));
        var resources = new RocksResources(1 << 20, 1 << 20);
        var options = new StorageNodeOptions { DataDirectory = "" };
        await bucket.ReopenAsync(path =>
        {
            // Ahead of a log that begins later: there is nothing to rebuild it from.
            var exception = Assert.Throws<GridException>(() => KeyValueShard.Open(path, bucket.Table, resources, options, new LogOffset(10), new LogOffset(50), TimeProvider.System));
            Assert.Equal(GridErrorCode.StorageFailed, exception.Code);
            Assert.True(Directory.Exists(path));
        });
        Assert.Equal(100, (await bucket.ReadAllAsync()).Count);
        await bucket.ReopenAsync(path =>
        {
            var shard = KeyValueShard.Open(path, bucket.Table, resources, options, LogOffset.Zero, new LogOffset(50), TimeProvider.System);
            Assert.Equal(LogOffset.Zero, shard.AppliedOffset);
            shard.DisposeAsync().AsTask().Wait();
        });
        Assert.Equal(100, (await bucket.ReadAllAsync()).Count);
        resources.Dispose();
    }

    private static object?[] Key(int i) => [i, "b", (long)i];

    private static byte[] Encode(params object?[] values)
    {
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        new KeyEncoder(Schema, Schema.PrimaryKey).Encode(values, writer);
        return writer.WrittenSpan.ToArray();
    }

    private static WriteRequest Rows(IEnumerable<int> numbers, string text = "text") =>
        KvFrames.Write(Schema, [.. numbers.Select(i => (object?[])[$"{text} {i}", i, "b", (long)i, i])]);

    private static async Task<List<object?[]>> ScanAsync(StageBucket bucket, ScanRequest request)
    {
        var answer = await bucket.Shard.OpenScanAsync(request, default);
        Assert.Equal(0, answer.ScanId);
        var rows = KvFrames.ReadRows(answer.Rows, Schema);
        answer.Rows?.Dispose();
        return [.. rows.Select(row => row.Row)];
    }
}
