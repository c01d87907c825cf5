using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Objects;
using Grid.Storage.Tests.Buckets;
using Grid.Storage.Tests.Lake.Tables;
using Grid.Testing.Objects;

namespace Grid.Storage.Tests.Lake.Tiering;

/// <summary>From a bucket into the lake and back, on Azure Blobs as the emulator has them and in memory.</summary>
[Collection(AzuriteFixture.Collection)]
public sealed class LakeHistoryTests(AzuriteFixture azurite)
{
    private const int Frames = 8;
    private const int FrameRows = 10;
    private readonly ImpatientTime _time = new();

    [Fact]
    public async Task A_bucket_goes_into_blobs_round_by_round_and_comes_back_as_its_frames()
    {
        var options = azurite.NewContainer() with { BlockBytes = 64 * 1024, Prefix = "lake" };
        await RoundTripAsync(new LakeBlobs(new AzureBlobObjectStore(options, TimeProvider.System), $"abfss://{options.Container}@account.dfs.core.windows.net/lake"));
    }

    [Fact]
    public Task A_bucket_goes_into_a_lake_round_by_round_and_comes_back_as_its_frames() => RoundTripAsync(new MemoryLake(_time));

    [Fact]
    public async Task Reads_that_go_on_are_kept_open_and_closed_with_their_bucket()
    {
        var lake = new MemoryLake(_time);
        await using var bucket = await FilledAsync();
        await TierAsync(bucket, lake, Frames * FrameRows);
        using var cursors = new LakeCursors(countMax: 2, TimeSpan.FromSeconds(10), TimeProvider.System);
        await using (var history = History(bucket, lake, cursors))
        {
            var request = new FetchRequest { Offset = LogOffset.Zero, BytesMax = 1, SchemaVersion = LogTable.Schema.Version };
            foreach (var from in new[] { 0, 0, 30, 50 })
                (await history.ReadAsync(request, bucket.Table, new LogOffset(from), default)).Frames?.Dispose();
            Assert.Equal(2, cursors.Count);

            // A row a read. Of the two that are left, one goes on; another shape is another read.
            Assert.Null(cursors.Take(history, new LogOffset(1), LakeCursor.ShapeOf(request)));
            var (frames, next) = await history.ReadAsync(request, bucket.Table, new LogOffset(51), default);
            frames?.Dispose();
            Assert.Equal(52, next.Value);
            Assert.Equal(2, cursors.Count);
            (await history.ReadAsync(request with { Project = true, Columns = [] }, bucket.Table, new LogOffset(70), default)).Frames?.Dispose();
            Assert.Equal(2, cursors.Count);
        }

        Assert.Equal(0, cursors.Count);
    }

    [Fact]
    public async Task What_neither_log_nor_lake_has_is_out_of_range()
    {
        var lake = new MemoryLake(_time);
        await using var bucket = await FilledAsync();
        using var cursors = new LakeCursors(2, TimeSpan.FromSeconds(10), TimeProvider.System);
        await using var history = History(bucket, lake, cursors);
        Assert.Null(await history.FindStartAsync(default));
        await RefusedAsync(0);
        await TierAsync(bucket, lake, 30);
        Assert.Equal(0, (await history.FindStartAsync(default))!.Value.Value);
        await RefusedAsync(30);

        // A list of files that was read once is read again for what lies behind it.
        await TierAsync(bucket, lake, 40);
        var (frames, next) = await history.ReadAsync(new FetchRequest { Offset = LogOffset.Zero }, bucket.Table, new LogOffset(30), default);
        frames?.Dispose();
        Assert.Equal(40, next.Value);

        async Task RefusedAsync(long from) => Assert.Equal(GridErrorCode.OffsetOutOfRange,
            (await Assert.ThrowsAsync<GridException>(async () => await history.ReadAsync(new FetchRequest { Offset = LogOffset.Zero }, bucket.Table, new LogOffset(from), default))).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(25)]
    [InlineData(79)]
    public async Task A_reader_whose_files_are_compacted_and_deleted_goes_on_without_a_gap(int at)
    {
        var lake = new MemoryLake(_time);
        await using var bucket = await FilledAsync();
        for (var frame = 1; frame <= Frames; frame++)
            await TierAsync(bucket, lake, frame * FrameRows);
        var expected = (await bucket.ReadAsync()).SelectMany(frame => LogTable.Ids(frame)).ToList();
        var timestampMs = (await bucket.ReadAsync())[^1].Header.TimestampMs;
        using var cursors = new LakeCursors(countMax: 4, TimeSpan.FromSeconds(10), TimeProvider.System);
        await using var history = History(bucket, lake, cursors);
        var ids = new List<long>();
        var next = await ReadAsync(LogOffset.Zero, at);
        // Another reader, whose list of files is as old, but whose cursor is not kept.
        Assert.Equal(0, (await history.FindStartAsync(default))!.Value.Value);

        var run = new TieringRun(bucket, _time);
        await run.TryCompactAsync(run.Compactor(lake), lake);
        _time.Advance(TimeSpan.FromSeconds(1));
        await run.Table(lake, new LakeTableOptions { SnapshotsKept = 1, SnapshotAgeMsMax = 0 }).ExpireAsync(default);
        Assert.Single(lake.Names, name => name.Contains("/data/", StringComparison.Ordinal));

        Assert.Equal(70, (await history.FindTimestampAsync(bucket.Table, timestampMs, new LogOffset(Frames * FrameRows), default)).Value);
        Assert.Equal(Frames * FrameRows, (await ReadAsync(next, Frames * FrameRows)).Value);
        Assert.Equal(expected, ids);

        // What is gone for good is a failure, not a search without end.
        await lake.DeleteAsync(lake.Names.Single(name => name.Contains("/data/", StringComparison.Ordinal)), default);
        var lost = await Assert.ThrowsAsync<GridException>(async () => await history.ReadAsync(new FetchRequest { Offset = LogOffset.Zero }, bucket.Table, LogOffset.Zero, default));
        Assert.Equal(GridErrorCode.StorageFailed, lost.Code);

        async Task<LogOffset> ReadAsync(LogOffset from, long to)
        {
            while (from.Value < to)
            {
                (var frames, from) = await history.ReadAsync(new FetchRequest { Offset = LogOffset.Zero, BytesMax = 1, SchemaVersion = LogTable.Schema.Version }, bucket.Table, from, default);
                using (frames)
                    ids.AddRange(LogTable.Frames(frames).SelectMany(frame => LogTable.Ids(frame)));
            }

            return from;
        }
    }

    private static async Task<TestBucket> FilledAsync()
    {
        var bucket = await TestBucket.OpenAsync();
        for (var frame = 0; frame < Frames; frame++)
        {
            bucket.Time.Advance(TimeSpan.FromSeconds(1));
            await bucket.AppendAsync(LogTable.Frame(frame * FrameRows, FrameRows));
        }

        return bucket;
    }

    private static LakeHistory History(TestBucket bucket, ILakeStore lake, LakeCursors cursors) =>
        new(new LakeTable(lake, LakeFolders.Of(bucket.Table), TimeProvider.System, new LakeTableOptions()), lake, 0, new LakeFramesOptions(), cursors);

    private async Task TierAsync(TestBucket bucket, ILakeStore lake, long committed)
    {
        var run = new TieringRun(bucket, _time) { Committed = committed };
        Assert.Null(await run.Coordinator(lake).RunAsync(bucket.Table, default));
        Assert.Equal(committed, await run.CheckAsync(lake));
    }

    private async Task RoundTripAsync(ILakeStore lake)
    {
        await using var bucket = await FilledAsync();
        var expected = (await bucket.ReadAsync()).SelectMany(frame => LogTable.Ids(frame).Select((id, i) => (id, frame.Header.BaseOffset.Value + i, frame.Header.TimestampMs))).ToList();
        await TierAsync(bucket, lake, 30);
        await TierAsync(bucket, lake, Frames * FrameRows);
        using var cursors = new LakeCursors(4, TimeSpan.FromSeconds(10), TimeProvider.System);
        await using var history = History(bucket, lake, cursors);
        foreach (var from in new[] { 0, 7, 30, 79 })
        {
            var rows = new List<(long, long, long)>();
            for (var next = new LogOffset(from); next.Value < Frames * FrameRows;)
            {
                (var frames, next) = await history.ReadAsync(new FetchRequest { Offset = LogOffset.Zero }, bucket.Table, next, default);
                using (frames)
                    rows.AddRange(LogTable.Frames(frames).SelectMany(frame => LogTable.Ids(frame).Select((id, i) => (id, frame.Header.BaseOffset.Value + i, frame.Header.TimestampMs))));
            }

            Assert.Equal(expected[from..], rows);
        }

        // Every commit time is found, as in the log.
        foreach (var (_, offset, timestampMs) in expected)
        {
            var first = expected.First(row => row.TimestampMs == timestampMs).Item2;
            Assert.Equal(Math.Min(first, 40), (await history.FindTimestampAsync(bucket.Table, timestampMs, new LogOffset(40), default)).Value);
            Assert.True(offset >= first);
        }
    }
}
