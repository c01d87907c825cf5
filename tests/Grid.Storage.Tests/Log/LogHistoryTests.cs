using Grid.Abstractions;
using Grid.Storage.Tests.Buckets;
using Grid.Storage.Tests.DataPort;

namespace Grid.Storage.Tests.Log;

public sealed class LogHistoryTests
{
    private static readonly TableInfo Table = LogTable.Of(new TableOptions { SegmentAgeMsMax = 1000, RetentionMs = 10_000, Lake = LakeMode.On }, LogTable.Schema);

    [Fact]
    public async Task A_read_goes_from_what_is_kept_elsewhere_into_the_log_without_gap_or_repeat()
    {
        await using var bucket = await CutAsync(tiered: 4);
        Assert.Equal(4, bucket.Engine.GetStatus().StartOffset.Value);
        for (var from = 0; from < 7; from++)
            Assert.Equal(Enumerable.Range(from, 7 - from).Select(i => (long)i), await bucket.ReadIdsAsync(from));
        Assert.Equal(0, (await FindAsync(bucket, OffsetPlace.Earliest)).Value);
        Assert.Equal(7, (await FindAsync(bucket, OffsetPlace.Latest)).Value);
    }

    [Fact]
    public async Task A_stream_does_so_too()
    {
        await using var port = new TestPort();
        await using var bucket = await CutAsync(tiered: 4);
        foreach (var (from, stop) in new[] { (0, 7), (2, 3), (3, 5), (4, 7) })
        {
            var bytes = await TestPort.ReadAllAsync(await port.OpenAsync(bucket.Engine.OpenLogSource(new FetchRequest { Offset = new LogOffset(from) }, new LogOffset(stop))));
            Assert.Equal(Enumerable.Range(from, stop - from).Select(i => (long)i), LogTable.Frames(FrameBlock.Wrap(bytes)).SelectMany(frame => LogTable.Ids(frame)));
        }
    }

    [Fact]
    public async Task A_time_is_found_in_what_is_kept_elsewhere()
    {
        await using var bucket = await CutAsync(tiered: 4);
        var times = (await bucket.ReadAsync()).Select(frame => (frame.Header.BaseOffset, frame.Header.TimestampMs)).ToList();
        foreach (var (offset, timestampMs) in times)
            Assert.Equal(offset, await bucket.Engine.FindOffsetAsync(new OffsetQuery { Place = OffsetPlace.Timestamp, TimestampMs = timestampMs }, default));
    }

    [Fact]
    public async Task Without_it_or_before_its_start_an_offset_is_out_of_range()
    {
        await using var bucket = await CutAsync(tiered: 4, keptFrom: 2);
        Assert.Equal(Enumerable.Range(2, 5).Select(i => (long)i), await bucket.ReadIdsAsync(2));
        Assert.Equal(2, (await FindAsync(bucket, OffsetPlace.Earliest)).Value);
        Assert.Equal(GridErrorCode.OffsetOutOfRange, (await Assert.ThrowsAsync<GridException>(() => bucket.ReadIdsAsync(1))).Code);
        bucket.Engine.History = null;
        Assert.Equal(GridErrorCode.OffsetOutOfRange, (await Assert.ThrowsAsync<GridException>(() => bucket.ReadIdsAsync(2))).Code);
        Assert.Equal(4, (await FindAsync(bucket, OffsetPlace.Earliest)).Value);
    }

    [Fact]
    public async Task What_the_log_has_is_not_read_elsewhere()
    {
        await using var bucket = await CutAsync(tiered: 4);
        await bucket.ReadIdsAsync(4);
        Assert.Equal(0, ((KeptFrames)bucket.Engine.History!).Reads);
    }

    private static async Task<LogOffset> FindAsync(TestBucket bucket, OffsetPlace place) => await bucket.Engine.FindOffsetAsync(new OffsetQuery { Place = place }, default);

    /// <summary>Seven rows, a frame and a segment and a second each, of which the first are kept elsewhere and gone from the log.</summary>
    private static async Task<TestBucket> CutAsync(long tiered, int keptFrom = 0)
    {
        var bucket = await TestBucket.OpenAsync(Table);
        for (var i = 0; i < 7; i++)
        {
            bucket.Time.Advance(TimeSpan.FromMilliseconds(1001));
            await bucket.AppendAsync(LogTable.Frame(i));
        }

        var kept = new KeptFrames((await bucket.ReadAsync())[keptFrom..(int)tiered]);
        await bucket.ReopenAsync(); // segments are sealed
        bucket.Engine.History = kept;
        bucket.Time.Advance(TimeSpan.FromDays(1));
        await bucket.Engine.ApplyRetentionAsync(new LogOffset(tiered), default);
        return bucket;
    }
}
