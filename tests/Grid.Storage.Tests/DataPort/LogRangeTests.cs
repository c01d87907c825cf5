using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Tests.Buckets;
using Grid.Testing;
using Grid.Testing.Files;

namespace Grid.Storage.Tests.DataPort;

public sealed class LogRangeTests
{
    [Fact]
    public Task A_stream_is_the_bytes_that_fetches_answer() =>
        Gen.Int[0, int.MaxValue - 1].SampleAsync(async seed =>
        {
            var random = new Random(seed);
            var schema = Generators.NextSchema(random, columnsMax: 6, primaryKey: false, depth: 1);
            var table = LogTable.Of(new TableOptions { SegmentBytesMax = 1 << 20 }, schema);
            await using var bucket = await TestBucket.OpenAsync(table, files: new FaultyFileStore(seed));
            await using var port = new TestPort();
            using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
            for (var i = 0; i < 12; i++)
                await bucket.AppendAsync(encoder.Encode(Generators.NextBatch(schema, 1 + random.Next(2000), random), schema, null, FrameFlags.None, default, 0));

            var end = bucket.Engine.GetStatus().HighWatermark;
            var request = new FetchRequest { Offset = new LogOffset(random.NextInt64(end.Value)), SchemaVersion = schema.Version };
            if (random.Next(2) == 0)
                request = request with { Project = true, Columns = [.. schema.Columns.Select(c => c.Id).Where(_ => random.Next(2) == 0)] };
            var stop = new LogOffset(random.NextInt64(request.Offset.Value, end.Value + 1));
            Assert.Equal(await FetchAsync(bucket, request, stop), await TestPort.ReadAllAsync(await port.OpenAsync(bucket.Engine.OpenLogSource(request, stop))));
        }, iter: 40, threads: 1);

    [Fact]
    public async Task A_frame_larger_than_a_packet_is_spread_over_packets_of_its_own()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await using var port = new TestPort();
        for (var i = 0; i < 3; i++)
        {
            await bucket.AppendAsync(LogTable.Frame(i));
            await bucket.AppendAsync(LogTable.Frame(100 + i, textLength: 3_000_000));
        }

        var request = new FetchRequest { Offset = default, SchemaVersion = new SchemaVersion(1) };
        foreach (var shape in new[] { request, request with { Project = true, Columns = [new ColumnId(2), new ColumnId(1)] } })
            Assert.Equal(await FetchAsync(bucket, shape, new LogOffset(6)), await TestPort.ReadAllAsync(await port.OpenAsync(bucket.Engine.OpenLogSource(shape, new LogOffset(6)))));
    }

    [Fact]
    public async Task Frames_that_cannot_match_are_not_sent_and_the_reader_is_told_of_the_work()
    {
        await using var bucket = await TestBucket.OpenAsync(files: new FaultyFileStore(seed: 0));
        await using var port = new TestPort();
        for (var i = 0; i < 3; i++)
            await Task.WhenAll(Enumerable.Range(0, 3000).Select(n => bucket.AppendAsync(LogTable.Frame(n))));
        var none = new FetchRequest { Offset = default, Filter = new ComparePredicate(new ColumnId(1), CompareOperator.Less, "0"), SchemaVersion = new SchemaVersion(1) };
        Assert.Empty(await TestPort.ReadAllAsync(await port.OpenAsync(bucket.Engine.OpenLogSource(none, new LogOffset(9000)))));
        var some = none with { Filter = new ComparePredicate(new ColumnId(1), CompareOperator.Equal, "77") };
        var frames = LogTable.Frames(FrameBlock.Wrap(await TestPort.ReadAllAsync(await port.OpenAsync(bucket.Engine.OpenLogSource(some, new LogOffset(9000))))));
        Assert.Equal([77, 77, 77], frames.SelectMany(frame => LogTable.Ids(frame)));
    }

    [Fact]
    public async Task Offsets_outside_the_log_and_stops_above_the_high_watermark_are_refused()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await bucket.AppendAsync(LogTable.Frame(0, rows: 4));
        foreach (var (from, stop) in new (long, long)[] { (-1, 2), (5, 5), (0, 5), (3, 2) })
        {
            var refusal = Assert.Throws<GridException>(() => bucket.Engine.OpenLogSource(new FetchRequest { Offset = new LogOffset(from) }, new LogOffset(stop)));
            Assert.Equal(GridErrorCode.OffsetOutOfRange, refusal.Code);
        }
    }

    [Fact]
    public async Task A_bucket_that_closes_ends_its_streams_with_the_reason()
    {
        var bucket = await TestBucket.OpenAsync();
        await using var port = new TestPort();
        await bucket.AppendAsync(LogTable.Frame(0));
        var source = bucket.Engine.OpenLogSource(new FetchRequest { Offset = default }, new LogOffset(1));
        await bucket.DisposeAsync();
        await TestPort.RefusedAsync(GridErrorCode.Closing, async () => await TestPort.ReadAllAsync(await port.OpenAsync(source)));
    }

    private static async Task<byte[]> FetchAsync(TestBucket bucket, FetchRequest request, LogOffset stop)
    {
        using var all = new MemoryStream();
        for (var next = request.Offset; next < stop;)
        {
            // One frame a call: a fetch does not know of the stop.
            var answer = await bucket.Engine.FetchAsync(request with { Offset = next, BytesMax = 1 }, default);
            all.Write(answer.Frames!.Span);
            answer.Frames.Dispose();
            next = answer.NextOffset;
        }

        return all.ToArray();
    }
}
