using Grid.Abstractions;
using Grid.Storage.Remote;
using Grid.Storage.Tests.Buckets;
using Grid.Storage.Tests.DataPort;

namespace Grid.Storage.Tests.Remote;

public sealed class RemoteReadTests
{
    private const int Large = 200 * 1024;

    [Fact]
    public async Task Rows_that_the_log_gave_up_are_read_from_any_offset_without_gap_or_repeat()
    {
        var objects = new MemoryObjects();
        await using var log = await CutAsync(objects);
        var end = log.Bucket.Engine.GetStatus().HighWatermark.Value;
        Assert.True(log.Bucket.Engine.GetStatus().StartOffset.Value > 30);
        for (var from = 0L; from < end; from++)
            foreach (var bytesMax in new[] { 1, 1000, GridLimits.CallBytesMax })
            {
                var frames = await log.Bucket.ReadAsync(from, new FetchRequest { Offset = default, BytesMax = bytesMax });
                Assert.True(frames[0].Header.BaseOffset.Value <= from && frames[0].Header.EndOffset.Value > from);
                AssertIds(frames);
            }

        Assert.Equal(0, (await log.Bucket.Engine.FindOffsetAsync(new OffsetQuery { Place = OffsetPlace.Earliest }, default)).Value);
    }

    [Fact]
    public async Task Frames_are_the_ones_that_were_written()
    {
        var objects = new MemoryObjects();
        await using var log = await RemoteLog.OpenAsync(objects);
        await FillAsync(log);
        var before = await log.Bucket.ReadAsync();
        await log.CopyAsync();
        await log.CutAsync();
        var after = await log.Bucket.ReadAsync();
        Assert.Equal(before.Select(frame => frame.Header), after.Select(frame => frame.Header));
        Assert.All(before.Zip(after), pair => Assert.True(pair.First.Message.Span.SequenceEqual(pair.Second.Message.Span)));
    }

    [Fact]
    public async Task One_column_of_several_is_read_by_ranges()
    {
        var objects = new MemoryObjects();
        await using var log = await CutAsync(objects);
        var request = new FetchRequest { Offset = default, Project = true, Columns = [new ColumnId(1)], SchemaVersion = new SchemaVersion(1) };
        await log.Bucket.ReadAsync(0, request); // the indexes are known
        var before = objects.BytesRead;
        var frames = await log.Bucket.ReadAsync(0, request);
        var read = objects.BytesRead - before;
        Assert.Equal(Enumerable.Range(0, frames.Count == 0 ? 0 : (int)frames[^1].Header.EndOffset.Value).Select(i => (long)i), frames.SelectMany(frame => IdsOf(frame)));
        var all = objects.Names.Where(name => name.EndsWith(".arrow", StringComparison.Ordinal)).Sum(name => (long)objects[name].Length);
        Assert.True(all > 8 * Large && read < all / 5, $"{read} of {all} bytes were read");
    }

    [Fact]
    public async Task A_frame_that_its_statistics_rule_out_is_not_read()
    {
        var objects = new MemoryObjects();
        await using var log = await CutAsync(objects);
        var request = new FetchRequest { Offset = default, SchemaVersion = new SchemaVersion(1), Filter = PredicateParser.Parse("id = 21", LogTable.Schema) };
        await log.Bucket.ReadAsync(0, request);
        var before = objects.BytesRead;
        var frames = await log.Bucket.ReadAsync(0, request);
        Assert.Equal([21L], frames.SelectMany(frame => LogTable.Ids(frame)));
        Assert.True(objects.BytesRead - before < 3 * Large);
    }

    [Fact]
    public async Task Many_small_frames_are_one_call()
    {
        var objects = new MemoryObjects();
        await using var log = await RemoteLog.OpenAsync(objects);
        await log.AppendAsync([.. Enumerable.Range(0, 100).Select(i => LogTable.Frame(i))]);
        await log.AppendAsync(LogTable.Frame(100));
        await log.CopyAsync();
        await log.CutAsync();
        await log.Bucket.ReadAsync();
        var before = objects.RangesRead;
        AssertIds(await log.Bucket.ReadAsync());
        Assert.Equal(1, objects.RangesRead - before);
        await log.Bucket.ReadAsync(0, new FetchRequest { Offset = default, Project = true, Columns = [], SchemaVersion = new SchemaVersion(1) });
        Assert.Equal(2, objects.RangesRead - before);
    }

    [Fact]
    public async Task A_stream_goes_from_remote_segments_into_the_log()
    {
        await using var port = new TestPort();
        await using var log = await CutAsync(new MemoryObjects());
        var end = log.Bucket.Engine.GetStatus().HighWatermark;
        var bytes = await TestPort.ReadAllAsync(await port.OpenAsync(log.Bucket.Engine.OpenLogSource(new FetchRequest { Offset = new LogOffset(0) }, end)));
        AssertIds(LogTable.Frames(FrameBlock.Wrap(bytes)));
    }

    [Fact]
    public async Task A_time_is_found_in_remote_segments()
    {
        await using var log = await RemoteLog.OpenAsync(new MemoryObjects(), LogTable.Of(new TableOptions { SegmentAgeMsMax = 60_000, RetentionMs = 1 }, LogTable.Schema));
        for (var i = 0; i < 40; i++)
        {
            await log.Bucket.AppendAsync(LogTable.Frame(i, textLength: i % 5 == 0 ? Large : 10));
            log.Bucket.Time.Advance(TimeSpan.FromSeconds(i == 19 ? 60 : 1));
        }

        log.Bucket.Time.Advance(TimeSpan.FromSeconds(60));
        await log.Bucket.AppendAsync(LogTable.Frame(40));
        var frames = await log.Bucket.ReadAsync();
        await log.CopyAsync();
        await log.CutAsync();
        Assert.Equal(40, log.Bucket.Engine.GetStatus().StartOffset.Value);
        foreach (var frame in frames)
            foreach (var early in new[] { 0, 1, 500, 999 })
                Assert.Equal(frame.Header.BaseOffset, await log.Bucket.Engine.FindOffsetAsync(
                    new OffsetQuery { Place = OffsetPlace.Timestamp, TimestampMs = frame.Header.TimestampMs - early }, default));
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_in_the_frames_is_found()
    {
        var objects = new MemoryObjects();
        await using var log = await RemoteLog.OpenAsync(objects);
        await log.AppendAsync(LogTable.Frame(0), LogTable.Frame(1));
        await log.AppendAsync(LogTable.Frame(2));
        await log.CopyAsync();
        await log.CutAsync();
        var frames = await log.Bucket.ReadAsync();
        var name = objects.Names.Single(name => name.EndsWith(".arrow", StringComparison.Ordinal));
        var bytes = objects[name];
        var start = bytes.AsSpan().IndexOf("GRF1"u8);
        var end = start + frames[0].Header.FrameLength + frames[1].Header.FrameLength;
        for (var at = start; at < end; at++)
        {
            bytes[at] ^= 1;
            var failure = await Assert.ThrowsAsync<GridException>(() => log.Bucket.Engine.FetchAsync(new FetchRequest { Offset = default }, default)); // before a client looks at it
            Assert.Equal(GridErrorCode.Corrupt, failure.Code);
            bytes[at] ^= 1;
        }

        objects[name] = bytes[..(end - 1)];
        Assert.Equal(GridErrorCode.Corrupt, (await Assert.ThrowsAsync<GridException>(() => log.Bucket.ReadAsync())).Code);
        objects[name] = bytes;
        AssertIds(await log.Bucket.ReadAsync());
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_in_an_index_is_found()
    {
        var objects = new MemoryObjects();
        await using var log = await RemoteLog.OpenAsync(objects, options: new RemoteOptions { IndexBytesMax = 0, CopyBytesPerSecond = 0 });
        await FillAsync(log);
        await log.CopyAsync();
        await log.CutAsync();
        var bytes = objects[objects.Names.First(name => name.EndsWith(".index", StringComparison.Ordinal))];
        for (var at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= 4;
            Assert.Equal(GridErrorCode.Corrupt, (await Assert.ThrowsAsync<GridException>(() => log.Bucket.ReadAsync())).Code);
            bytes[at] ^= 4;
        }
    }

    [Fact]
    public async Task A_segment_that_is_gone_is_reported_and_one_that_expired_is_out_of_range()
    {
        var objects = new MemoryObjects();
        await using var log = await CutAsync(objects);
        var first = objects.Names.First(name => name.EndsWith(".arrow", StringComparison.Ordinal));
        var bytes = objects[first];
        await objects.DeleteAsync(first, default);
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => log.Bucket.ReadAsync())).Code);
        objects[first] = bytes;
        AssertIds(await log.Bucket.ReadAsync());

        // Another node expires it; this one's manifest is old.
        await using var other = await RemoteLog.OpenAsync(objects);
        await FillAsync(other);
        await other.CopyAsync(epoch: 1, new RemoteRetention(0, log.Remote.Manifest!.Bytes - 1));
        Assert.DoesNotContain(first, objects.Names);
        Assert.Equal(GridErrorCode.OffsetOutOfRange, (await Assert.ThrowsAsync<GridException>(() => log.Bucket.ReadAsync())).Code);
        var start = await log.Bucket.Engine.FindOffsetAsync(new OffsetQuery { Place = OffsetPlace.Earliest }, default);
        Assert.NotEqual(0, start.Value);
        AssertIds(await log.Bucket.ReadAsync(start.Value));
    }

    private static async Task<RemoteLog> CutAsync(MemoryObjects objects)
    {
        var log = await RemoteLog.OpenAsync(objects);
        await FillAsync(log);
        await log.CopyAsync();
        await log.CutAsync();
        return log;
    }

    /// <summary>Segments of small frames, of large ones, of both, of two schema versions; the last one is not sealed.</summary>
    private static async Task FillAsync(RemoteLog log)
    {
        await log.AppendAsync([.. Enumerable.Range(0, 12).Select(i => LogTable.Frame(i))]);
        await log.AppendAsync([.. Enumerable.Range(12, 4).Select(i => LogTable.Frame(i, textLength: Large))]);
        await log.AppendAsync(LogTable.Frame(16), LogTable.Frame(17, textLength: Large), LogTable.Frame(18, rows: 3), LogTable.Frame(21, textLength: Large), LogTable.Frame(22));
        await log.AppendAsync([.. Enumerable.Range(23, 10).Select(i => LogTable.Frame(i, schema: LogTable.Wider, textLength: i % 2 == 0 ? Large : 30))]);
        await log.AppendAsync(LogTable.Frame(33, schema: LogTable.Wider), LogTable.Frame(34, schema: LogTable.Wider));
    }

    private static void AssertIds(List<Frame> frames) =>
        Assert.Equal(Enumerable.Range((int)frames[0].Header.BaseOffset.Value, (int)(frames[^1].Header.EndOffset.Value - frames[0].Header.BaseOffset.Value)).Select(i => (long)i),
            frames.SelectMany(frame => LogTable.Ids(frame, RemoteLog.Table.GetSchema(frame.Header.SchemaVersion))));

    private static long[] IdsOf(Frame frame)
    {
        using var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, ArrowSchemas.ToArrow(LogTable.Schema, [new ColumnId(1)], change: false, version: false));
        return ((Apache.Arrow.Int64Array)batch.Column(0)).Values.ToArray();
    }
}
