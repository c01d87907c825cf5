using Apache.Arrow;
using CsCheck;
using Grid.Abstractions;
using Grid.Testing;
using Grid.Testing.Files;
using Grid.Testing.Rows;

namespace Grid.Storage.Tests.Buckets;

public sealed class ReadingTests
{
    private static readonly ColumnId Id = new(1);

    [Fact]
    public async Task A_fetch_is_whole_frames_up_to_its_limit_and_one_frame_at_least()
    {
        await using var bucket = await TestBucket.OpenAsync();
        var length = LogTable.Frame(0).Length;
        for (var i = 0; i < 10; i++)
            await bucket.AppendAsync(LogTable.Frame(i));
        Assert.Equal(3, await CountAsync((3 * length) + 1));
        Assert.Equal(3, await CountAsync(3 * length));
        Assert.Equal(2, await CountAsync((3 * length) - 1));
        Assert.Equal(1, await CountAsync(1));
        Assert.Equal(10, await CountAsync(GridLimits.CallBytesMax));

        async Task<int> CountAsync(int bytesMax)
        {
            var answer = await bucket.Engine.FetchAsync(new FetchRequest { Offset = default, BytesMax = bytesMax }, CancellationToken.None);
            Assert.True(answer.Frames!.IsAnswer);
            var frames = LogTable.Frames(answer.Frames);
            Assert.Equal(frames[^1].Header.EndOffset, answer.NextOffset);
            return frames.Count;
        }
    }

    [Fact]
    public async Task A_filter_skips_frames_that_cannot_match_and_moves_past_them()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await bucket.AppendAsync(LogTable.Frame(1, rows: 5));
        await bucket.AppendAsync(LogTable.Frame(6, rows: 5));
        await bucket.AppendAsync(LogTable.Frame(1, rows: 5));
        var filter = new ComparePredicate(Id, CompareOperator.Greater, "5");
        var request = new FetchRequest { Offset = default, Filter = filter, SchemaVersion = new SchemaVersion(1) };
        var answer = await bucket.Engine.FetchAsync(request, CancellationToken.None);
        Assert.Equal([5], LogTable.Frames(answer.Frames).Select(frame => frame.Header.BaseOffset.Value));
        Assert.Equal(15, answer.NextOffset.Value);
        var rest = await bucket.Engine.FetchAsync(request with { Offset = new LogOffset(10) }, CancellationToken.None);
        Assert.Null(rest.Frames);
        Assert.Equal(15, rest.NextOffset.Value);
    }

    [Fact]
    public async Task A_filter_over_very_many_frames_answers_in_between_and_always_advances()
    {
        await using var bucket = await TestBucket.OpenAsync(files: new FaultyFileStore(seed: 0));
        await Task.WhenAll(Enumerable.Range(0, 3000).Select(i => bucket.AppendAsync(LogTable.Frame(i))));
        var none = new FetchRequest { Offset = default, Filter = new ComparePredicate(Id, CompareOperator.Less, "0"), SchemaVersion = new SchemaVersion(1) };
        Assert.Empty(await bucket.ReadAsync(like: none));
    }

    [Fact]
    public async Task Columns_that_do_not_exist_are_refused()
    {
        await using var bucket = await TestBucket.OpenAsync();
        var request = new FetchRequest { Offset = default, Project = true, Columns = [new ColumnId(9)], SchemaVersion = new SchemaVersion(1) };
        Assert.Equal(GridErrorCode.UnknownColumn, (await Assert.ThrowsAsync<GridException>(() => bucket.Engine.FetchAsync(request, CancellationToken.None))).Code);
    }

    [Fact]
    public Task What_is_read_pruned_is_the_projection_of_what_is_read_whole() =>
        Gen.Select(Gen.Int[0, int.MaxValue - 1], Gen.Enum<FrameCompression>()).SampleAsync(async (seed, compression) =>
        {
            var random = new Random(seed);
            var schema = Generators.NextSchema(random, columnsMax: 8, primaryKey: false, depth: 2);
            await using var bucket = await TestBucket.OpenAsync(LogTable.Of(schema), files: new FaultyFileStore(seed));
            using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = compression });
            for (var i = 0; i < 5; i++)
                await bucket.AppendAsync(encoder.Encode(Generators.NextBatch(schema, 1 + random.Next(300), random), schema, null, FrameFlags.None, default, 0));

            ColumnId[] columns = [.. schema.Columns.Select(column => column.Id).OrderBy(_ => random.Next()).Take(random.Next(schema.Columns.Length + 1))];
            var pruned = await bucket.ReadAsync(like: new FetchRequest { Offset = default, Project = true, Columns = [.. columns], SchemaVersion = schema.Version, BytesMax = 1 + random.Next(20_000) });
            var whole = await bucket.ReadAsync();
            Assert.Equal(whole.Select(frame => frame.Header.BaseOffset), pruned.Select(frame => frame.Header.BaseOffset));
            for (var i = 0; i < whole.Count; i++)
            {
                var all = Rows(whole[i], schema, null);
                var some = Rows(pruned[i], schema, columns);
                Assert.Equal(all.Select(row => columns.Select(column => row[schema.IndexOf(column)]).ToArray()), some);
            }
        }, iter: 60, threads: 1);

    [Fact]
    public async Task Offsets_outside_the_log_are_refused_with_the_legal_range()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await bucket.AppendAsync(LogTable.Frame(0, rows: 4));
        var refusal = await Assert.ThrowsAsync<GridException>(() => bucket.Engine.FetchAsync(new FetchRequest { Offset = new LogOffset(5) }, CancellationToken.None));
        Assert.Equal(GridErrorCode.OffsetOutOfRange, refusal.Code);
        Assert.Contains("0 to 4", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<GridException>(() => bucket.Engine.FetchAsync(new FetchRequest { Offset = new LogOffset(-1) }, CancellationToken.None));
    }

    [Fact]
    public async Task Places_are_found_by_offset_and_by_commit_timestamp()
    {
        await using var bucket = await TestBucket.OpenAsync();
        List<long> times = [];
        for (var i = 0; i < 5; i++)
        {
            times.Add((await bucket.AppendAsync(LogTable.Frame(i, rows: 2))).TimestampMs);
            bucket.Time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(0, await FindAsync(OffsetPlace.Earliest));
        Assert.Equal(10, await FindAsync(OffsetPlace.Latest));
        Assert.Equal(0, await FindAsync(OffsetPlace.Timestamp, times[0] - 100));
        Assert.Equal(4, await FindAsync(OffsetPlace.Timestamp, times[2]));
        Assert.Equal(6, await FindAsync(OffsetPlace.Timestamp, times[2] + 1));
        Assert.Equal(10, await FindAsync(OffsetPlace.Timestamp, times[4] + 1));
        var refusal = await Assert.ThrowsAsync<GridException>(() => FindAsync(OffsetPlace.Timestamp, bucket.Time.NowMs + 1));
        Assert.Equal(GridErrorCode.TimestampOutOfRange, refusal.Code);

        async Task<long> FindAsync(OffsetPlace place, long timestampMs = 0) =>
            (await bucket.Engine.FindOffsetAsync(new OffsetQuery { Place = place, TimestampMs = timestampMs }, CancellationToken.None)).Value;
    }

    [Fact]
    public async Task Commit_timestamps_do_not_follow_a_clock_that_goes_back()
    {
        await using var bucket = await TestBucket.OpenAsync();
        var first = await bucket.AppendAsync(LogTable.Frame(0));
        bucket.Time.Jump(TimeSpan.FromHours(-1));
        Assert.Equal(first.TimestampMs, (await bucket.AppendAsync(LogTable.Frame(1))).TimestampMs);
        await bucket.ReopenAsync();
        Assert.Equal(first.TimestampMs, (await bucket.AppendAsync(LogTable.Frame(2))).TimestampMs);
    }

    [Fact]
    public async Task A_waiting_fetch_ends_with_the_next_append()
    {
        await using var bucket = await TestBucket.OpenAsync();
        var fetch = bucket.Engine.FetchAsync(new FetchRequest { Offset = default, WaitMsMax = 500 }, CancellationToken.None);
        Assert.False(fetch.IsCompleted);
        await bucket.AppendAsync(LogTable.Frame(0, rows: 3));
        Assert.Equal(3, (await fetch).NextOffset.Value);
    }

    [Fact]
    public async Task A_waiting_fetch_ends_after_its_time_by_cancellation_and_when_the_bucket_closes()
    {
        var bucket = await TestBucket.OpenAsync(files: new FaultyFileStore(seed: 0));
        using var cancellation = new CancellationTokenSource();
        var timed = bucket.Engine.FetchAsync(new FetchRequest { Offset = default, WaitMsMax = 500 }, CancellationToken.None);
        var cancelled = bucket.Engine.FetchAsync(new FetchRequest { Offset = default, WaitMsMax = 30_000 }, cancellation.Token);
        var closed = bucket.Engine.FetchAsync(new FetchRequest { Offset = default, WaitMsMax = 30_000 }, CancellationToken.None);
        bucket.Time.Advance(TimeSpan.FromMilliseconds(500));
        var answer = await timed;
        Assert.Null(answer.Frames);
        Assert.Equal(0, answer.NextOffset.Value);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await bucket.CloseAsync();
        Assert.Equal(GridErrorCode.Closing, (await Assert.ThrowsAsync<GridException>(() => closed)).Code);
    }

    private static object?[][] Rows(Frame frame, TableSchema schema, IReadOnlyList<ColumnId>? columns)
    {
        using var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, ArrowSchemas.ToArrow(schema, columns, change: false, version: false));
        return ArrowRows.Read([.. (columns ?? [.. schema.Columns.Select(column => column.Id)]).Select(schema.GetColumn)], batch);
    }
}
