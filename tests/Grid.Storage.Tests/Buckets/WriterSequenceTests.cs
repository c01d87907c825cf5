using Grid.Abstractions;
using Grid.Storage.Log;
using Grid.Testing.Files;

namespace Grid.Storage.Tests.Buckets;

public sealed class WriterSequenceTests
{
    [Fact]
    public async Task A_repeated_sequence_is_stored_once_and_answered_alike()
    {
        await using var bucket = await TestBucket.OpenAsync();
        var first = await bucket.AppendAsync(LogTable.Frame(1, rows: 3, writer: 7, sequence: 0));
        bucket.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(first, await bucket.AppendAsync(LogTable.Frame(1, rows: 3, writer: 7, sequence: 0)));
        await bucket.ReopenAsync();
        Assert.Equal(first, await bucket.AppendAsync(LogTable.Frame(1, rows: 3, writer: 7, sequence: 0)));
        Assert.Equal([1, 2, 3], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_gap_that_stays_open_is_refused_and_the_missing_sequence_still_works()
    {
        await using var bucket = await TestBucket.OpenAsync();
        for (var sequence = 0; sequence <= 3; sequence++)
            await bucket.AppendAsync(LogTable.Frame(sequence, writer: 7, sequence: sequence));
        var early = bucket.AppendAsync(LogTable.Frame(5, writer: 7, sequence: 5));
        bucket.Time.WaitUntilArmed(1);
        bucket.Time.Advance(TimeSpan.FromSeconds(2));
        var refusal = await Assert.ThrowsAsync<GridException>(() => early);
        Assert.Equal((GridErrorCode.SequenceOutOfOrder, 4), (refusal.Code, refusal.Detail));
        Assert.Equal(4, (await bucket.AppendAsync(LogTable.Frame(4, writer: 7, sequence: 4))).BaseOffset.Value);
        Assert.Equal([0, 1, 2, 3, 4], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_caller_that_gives_up_ends_its_wait_and_not_its_write()
    {
        await using var bucket = await TestBucket.OpenAsync();
        using var patience = new CancellationTokenSource();
        var early = bucket.Engine.AppendAsync(LogTable.Append(LogTable.Frame(1, writer: 7, sequence: 1)), patience.Token);
        bucket.Time.WaitUntilArmed(1); // it waits for sequence 0
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => early);
        await bucket.AppendAsync(LogTable.Frame(0, writer: 7, sequence: 0));
        Assert.Equal([0, 1], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_frame_far_ahead_is_refused_at_once()
    {
        await using var bucket = await TestBucket.OpenAsync();
        var refusal = await Assert.ThrowsAsync<GridException>(() => bucket.AppendAsync(LogTable.Frame(5, writer: 7, sequence: 5)));
        Assert.Equal((GridErrorCode.SequenceOutOfOrder, 0), (refusal.Code, refusal.Detail));
    }

    [Fact]
    public async Task Frames_that_overtook_each_other_are_stored_in_their_order()
    {
        await using var bucket = await TestBucket.OpenAsync();
        var answers = new[] { 4, 2, 3, 1, 0 }.Select(sequence => bucket.AppendAsync(LogTable.Frame(sequence, writer: 7, sequence: sequence))).ToArray();
        await Task.WhenAll(answers);
        Assert.Equal([0, 1, 2, 3, 4], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_request_that_repeats_in_part_stores_the_rest()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await bucket.AppendAsync(LogTable.Frame(0, writer: 7, sequence: 0), LogTable.Frame(1, writer: 7, sequence: 1));
        await bucket.AppendAsync(LogTable.Frame(100));
        var answer = await bucket.AppendAsync(LogTable.Frame(1, writer: 7, sequence: 1), LogTable.Frame(2, writer: 7, sequence: 2));
        Assert.Equal((1, 4), (answer.BaseOffset.Value, answer.EndOffset.Value));
        Assert.Equal([0, 1, 100, 2], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_repeat_that_is_no_longer_remembered_is_refused_and_not_stored()
    {
        await using var bucket = await TestBucket.OpenAsync();
        for (var sequence = 0; sequence <= WriterStates.FramesRemembered; sequence++)
            await bucket.AppendAsync(LogTable.Frame(sequence, writer: 7, sequence: sequence));
        var refusal = await Assert.ThrowsAsync<GridException>(() => bucket.AppendAsync(LogTable.Frame(0, writer: 7, sequence: 0)));
        Assert.Equal(GridErrorCode.SequenceOutOfOrder, refusal.Code);
        Assert.Equal(6, bucket.Engine.GetStatus().LogEndOffset.Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_writer_that_was_idle_for_a_week_starts_again_at_0(bool reopen)
    {
        await using var bucket = await TestBucket.OpenAsync();
        await bucket.AppendAsync(LogTable.Frame(0, writer: 7, sequence: 0));
        bucket.Time.Advance(TimeSpan.FromMilliseconds(WriterStates.ForgetAfterMs + 1));
        if (reopen)
            await bucket.ReopenAsync();
        Assert.Equal(1, (await bucket.AppendAsync(LogTable.Frame(1, writer: 7, sequence: 0))).BaseOffset.Value);
        Assert.Equal([0, 1], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_refused_frame_refuses_the_later_ones_of_its_writer_only()
    {
        await using var bucket = await TestBucket.OpenAsync(LogTable.Of(LogTable.Schema, LogTable.Wider));
        await bucket.AppendAsync(LogTable.Frame(0, writer: 7, sequence: 0, schema: LogTable.Wider));
        var stale = bucket.AppendAsync(LogTable.Frame(1, writer: 7, sequence: 1));
        var refusal = await Assert.ThrowsAsync<GridException>(() => stale);
        Assert.Equal((GridErrorCode.SchemaStale, 2), (refusal.Code, refusal.Detail));
        await bucket.AppendAsync(LogTable.Frame(5, writer: 8, sequence: 0, schema: LogTable.Wider));
        await bucket.AppendAsync(LogTable.Frame(1, writer: 7, sequence: 1, schema: LogTable.Wider));
        Assert.Equal([0, 5, 1], await bucket.ReadIdsAsync());
    }

    [Fact]
    public void Sequences_wrap_from_the_largest_to_0()
    {
        Assert.Equal(0, WriterSequence.Add(int.MaxValue, 1));
        Assert.Equal(2, WriterSequence.Ahead(1, int.MaxValue));
        Assert.Equal(-2, WriterSequence.Ahead(int.MaxValue, 1));
        Assert.Equal(0, WriterSequence.Ahead(5, 5));
    }

    [Fact]
    public void The_writers_idle_longest_are_forgotten_when_there_are_too_many()
    {
        var writers = new WriterStates(writersMax: 16);
        for (var i = 1; i <= 40; i++)
            writers.Record(new FrameHeader { Writer = new WriterId(i), TimestampMs = i });
        Assert.InRange(writers.Count, 12, 16);
        Assert.Null(writers.Find(new WriterId(1), 40));
        Assert.NotNull(writers.Find(new WriterId(40), 40));
    }

    [Fact]
    public async Task Two_thousand_concurrent_appends_are_stored_in_far_fewer_writes()
    {
        var store = new FaultyFileStore(seed: 0);
        await using var bucket = await TestBucket.OpenAsync(flush: FlushPolicy.Commit, files: store);
        var answers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => Task.Run(() => bucket.AppendAsync(LogTable.Frame(i)))));
        Assert.Equal(2000, answers.Select(answer => answer.BaseOffset).Distinct().Count());
        var ids = await bucket.ReadIdsAsync();
        for (var i = 0; i < 2000; i++)
            Assert.Equal(i, ids[(int)answers[i].BaseOffset.Value]);
        Assert.InRange(store.Writes, 1, 1000);
    }
}
