using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Tests.Buckets;
using Grid.Testing.Rows;

namespace Grid.Storage.Tests.Lake.Tiering;

public sealed class BucketTieringTests : IDisposable
{
    private const string Folder = "db/t-1";
    private readonly string _directory = Directory.CreateTempSubdirectory("grid-tiering-").FullName;
    private readonly LakeDirectory _store;

    public BucketTieringTests() => _store = new LakeDirectory(_directory);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Rows_become_files_with_their_offsets_and_the_next_round_goes_on_behind_them()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await AppendAsync(bucket, 0, 30);
        var tiering = new BucketTiering(_store, new TierOptions(), TimeProvider.System);

        var first = await tiering.RunAsync(TaskFrom(0), bucket.Engine.FetchAsync, default);
        await AppendAsync(bucket, 30, 20);
        var second = await tiering.RunAsync(TaskFrom(first.End.Value), bucket.Engine.FetchAsync, default);
        var third = await tiering.RunAsync(TaskFrom(second.End.Value), bucket.Engine.FetchAsync, default);

        Assert.Equal((30, 30, 50, 50), (first.End.Value, first.HighWatermark.Value, second.End.Value, second.HighWatermark.Value));
        Assert.Equal((50, 0), (third.End.Value, third.Files.Length));
        Assert.StartsWith($"{_store.Root}/{Folder}/data/bucket-0/", Assert.Single(first.Files).Location, StringComparison.Ordinal);
        Assert.Equal([0], first.Files[0].Partition.Cast<int>());
        Assert.Equal(Enumerable.Range(0, 50).Select(i => ((long)i, (long)i)), await ReadAsync([.. first.Files, .. second.Files]));
    }

    [Fact]
    public async Task A_round_ends_at_its_bounds_and_files_at_their_size()
    {
        await using var bucket = await TestBucket.OpenAsync();
        for (var i = 0; i < 40; i++)
            await AppendAsync(bucket, i * 100, 100, textLength: 200);
        var options = new TierOptions { RowGroupBytesMax = 50_000, FileBytesTarget = 1_000, RoundBytesMax = 300_000 };
        var tiering = new BucketTiering(_store, options, TimeProvider.System);

        var rounds = new List<TieredRows>();
        do
            rounds.Add(await tiering.RunAsync(TaskFrom(rounds.Count == 0 ? 0 : rounds[^1].End.Value), bucket.Engine.FetchAsync, default));
        while (rounds[^1].End < rounds[^1].HighWatermark);

        Assert.InRange(rounds.Count, 2, 10);
        Assert.Contains(rounds, round => round.Files.Length > 1);
        Assert.Equal(Enumerable.Range(0, 4000).Select(i => ((long)i, (long)i)), await ReadAsync([.. rounds.SelectMany(round => round.Files)]));
    }

    [Fact]
    public async Task A_frame_that_begins_before_the_offset_is_cut()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await AppendAsync(bucket, 0, 30);
        var tiering = new BucketTiering(_store, new TierOptions(), TimeProvider.System);

        var rows = await tiering.RunAsync(TaskFrom(12), bucket.Engine.FetchAsync, default);

        Assert.Equal(Enumerable.Range(12, 18).Select(i => ((long)i, (long)i)), await ReadAsync([.. rows.Files]));
    }

    [Fact]
    public async Task Rows_that_are_missing_between_frames_are_refused_and_leave_no_file()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await AppendAsync(bucket, 0, 10);
        await AppendAsync(bucket, 10, 10);
        await AppendAsync(bucket, 20, 10);
        var tiering = new BucketTiering(_store, new TierOptions(), TimeProvider.System);

        // One frame a fetch, and the second one is lost.
        var refused = await Assert.ThrowsAsync<GridException>(() => tiering.RunAsync(
            TaskFrom(0),
            (request, token) => bucket.Engine.FetchAsync(request with { BytesMax = 1, Offset = request.Offset == new LogOffset(10) ? new LogOffset(20) : request.Offset }, token),
            default));

        Assert.Equal(GridErrorCode.Corrupt, refused.Code);
        Assert.Contains("rows 20 to 29 where offset 10 was to come", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_was_whole_before_a_failure_is_not_lost()
    {
        await using var bucket = await TestBucket.OpenAsync();
        for (var i = 0; i < 20; i++)
            await AppendAsync(bucket, i * 100, 100, textLength: 200);
        var tiering = new BucketTiering(_store, new TierOptions { RowGroupBytesMax = 30_000, FileBytesTarget = 1 }, TimeProvider.System);

        var rows = await tiering.RunAsync(
            TaskFrom(0),
            (request, token) => request.Offset.Value < 1500 ? bucket.Engine.FetchAsync(request with { BytesMax = 1 }, token) : throw new GridException(GridErrorCode.NotLeader, "elsewhere"),
            default);

        Assert.NotEmpty(rows.Files);
        Assert.InRange(rows.End.Value, 100, 1500);
        Assert.Equal(Enumerable.Range(0, (int)rows.End.Value).Select(i => ((long)i, (long)i)), await ReadAsync([.. rows.Files]));
        Assert.Equal(rows.Files.Length, Directory.GetFiles(_directory, "*.parquet", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public async Task Without_a_turn_a_bucket_is_put_off()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await AppendAsync(bucket, 0, 10);
        var tiering = new BucketTiering(_store, new TierOptions { WritersMax = 1, TurnMsMax = 1 }, TimeProvider.System);
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var slow = tiering.RunAsync(
            TaskFrom(0),
            async (request, token) =>
            {
                begun.TrySetResult();
                await go.Task;
                return await bucket.Engine.FetchAsync(request, token);
            },
            default);
        await begun.Task;

        Assert.Equal(GridErrorCode.Busy, (await Assert.ThrowsAsync<GridException>(() => tiering.RunAsync(TaskFrom(0), bucket.Engine.FetchAsync, default))).Code);
        go.SetResult();
        Assert.Single((await slow).Files);
        Assert.Single((await tiering.RunAsync(TaskFrom(0), bucket.Engine.FetchAsync, default)).Files);
    }

    [Fact]
    public async Task Files_travel_as_a_manifest_and_damaged_ones_are_refused()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await AppendAsync(bucket, 0, 10);
        var tiering = new BucketTiering(_store, new TierOptions(), TimeProvider.System);
        var files = (await tiering.RunAsync(TaskFrom(0), bucket.Engine.FetchAsync, default)).Files;
        var spec = LakePartitionSpec.Create(LogTable.Schema, 4, []);

        var bytes = TierFiles.Write(files, ManifestContent.Data, LogTable.Schema, spec);

        Assert.Equal(files[0].Location, Assert.Single(TierFiles.Read(bytes, ManifestContent.Data, spec)).Location);
        Assert.Equal(files[0].UpperBounds[LakeColumns.Offset.Id.Value].AsSpan(), TierFiles.Read(bytes, ManifestContent.Data, spec)[0].UpperBounds[LakeColumns.Offset.Id.Value].AsSpan());
        Assert.Empty(TierFiles.Read(TierFiles.Write([], ManifestContent.Data, LogTable.Schema, spec), ManifestContent.Data, spec));
        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => TierFiles.Read(bytes[..^20], ManifestContent.Data, spec)).Code);
    }

    private static TierTask TaskFrom(long offset) => new(0, new LogOffset(offset), LogTable.Table, Folder);

    private static async Task AppendAsync(TestBucket bucket, long firstId, int rows, int textLength = 10)
    {
        using var frame = LogTable.Frame(firstId, rows, textLength: textLength);
        await bucket.Engine.AppendAsync(LogTable.Append(frame), default);
    }

    /// <summary>Id and offset of every row, in the order of the files.</summary>
    private async Task<List<(long Id, long Offset)>> ReadAsync(IEnumerable<LakeFile> files)
    {
        var schema = LakeColumns.Extend(LogTable.Schema);
        var rows = new List<(long, long)>();
        foreach (var file in files)
        {
            await using var stream = File.OpenRead(Path.Combine(_directory, file.Location[(_store.Root.Length + 1)..]));
            Assert.Equal(file.Bytes, stream.Length);
            using var reader = await LakeFileReader.OpenAsync(stream, new LakeReadOptions(), default);
            Assert.Equal(file.Rows, reader.Rows);
            await foreach (var batch in reader.ReadAsync(schema, null, default))
                using (batch)
                    rows.AddRange(ArrowRows.Read(schema.Columns, batch.Rows).Select(row => ((long)row[0]!, (long)row[3]!)));
        }

        return rows;
    }
}
