using Grid.Abstractions;

namespace Grid.Storage.Tests.Buckets;

public sealed class WritingLogTableTests
{
    [Fact]
    public async Task Rows_get_consecutive_offsets_and_are_read_in_order_with_their_timestamp()
    {
        await using var bucket = await TestBucket.OpenAsync();
        var first = await bucket.AppendAsync(LogTable.Frame(10, rows: 3));
        bucket.Time.Advance(TimeSpan.FromMilliseconds(7));
        var second = await bucket.AppendAsync(LogTable.Frame(20, rows: 2));

        Assert.Equal((0, 3), (first.BaseOffset.Value, first.EndOffset.Value));
        Assert.Equal((3, 5), (second.BaseOffset.Value, second.EndOffset.Value));
        Assert.Equal(first.TimestampMs + 7, second.TimestampMs);
        var frames = await bucket.ReadAsync();
        Assert.Equal([0L, 3L], frames.Select(frame => frame.Header.BaseOffset.Value));
        Assert.Equal([first.TimestampMs, second.TimestampMs], frames.Select(frame => frame.Header.TimestampMs));
        Assert.Equal([10, 11, 12, 20, 21], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_frame_without_rows_takes_no_offset()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await bucket.AppendAsync(LogTable.Frame(1));
        Assert.Equal(GridErrorCode.InvalidArgument, (await Assert.ThrowsAsync<GridException>(() => bucket.AppendAsync(LogTable.Frame(2), LogTable.Frame(3, rows: 0)))).Code);
        Assert.Equal(1, (await bucket.AppendAsync(LogTable.Frame(4))).BaseOffset.Value);
        Assert.Equal([1, 4], await bucket.ReadIdsAsync());
    }

    [Theory]
    [InlineData(FlushPolicy.Os)]
    [InlineData(FlushPolicy.Commit)]
    public async Task What_was_acknowledged_is_there_after_a_reopen(FlushPolicy flush)
    {
        await using var bucket = await TestBucket.OpenAsync(flush: flush);
        await bucket.AppendAsync(LogTable.Frame(1, rows: 2), LogTable.Frame(3, rows: 1));
        await bucket.ReopenAsync();
        Assert.Equal([1, 2, 3], await bucket.ReadIdsAsync());
        var answer = await bucket.AppendAsync(LogTable.Frame(4));
        Assert.Equal(3, answer.BaseOffset.Value);
        Assert.Equal([1, 2, 3, 4], await bucket.ReadIdsAsync());
        Assert.Equal([3, 4], await bucket.ReadIdsAsync(from: 2));
    }

    [Theory]
    [InlineData(FlushPolicy.Os)]
    [InlineData(FlushPolicy.Commit)]
    public async Task Segments_roll_by_size_and_are_read_across_their_borders(FlushPolicy flush)
    {
        await using var bucket = await TestBucket.OpenAsync(LogTable.Of(new TableOptions { SegmentBytesMax = 64 * 1024 }, LogTable.Schema), flush);
        for (var i = 0; i < 40; i++)
            await bucket.AppendAsync(LogTable.Frame(i, textLength: 8000));
        Assert.Equal(6, bucket.Engine.GetStatus().Segments);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (long)i), await bucket.ReadIdsAsync());
        await bucket.ReopenAsync();
        Assert.Equal(6, bucket.Engine.GetStatus().Segments);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (long)i), await bucket.ReadIdsAsync());
        Assert.All(bucket.Segments, path => Assert.EndsWith(".arrow", path, StringComparison.Ordinal));
    }
}
