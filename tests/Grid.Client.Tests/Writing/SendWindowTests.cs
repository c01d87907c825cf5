using Grid.Abstractions;
using Grid.Client.Writing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Client.Tests.Writing;

/// <summary>What may be sent, under which identity, and what one frame's failure means for those after it.</summary>
public sealed class SendWindowTests : IDisposable
{
    private static readonly TableSchema Schema = new()
    {
        Version = new SchemaVersion(1),
        Columns = [new Column("id", DataType.Int64, nullable: false) { Id = new ColumnId(1) }],
        LastColumnId = 1,
    };

    private static readonly WriteLayout Layout = new(Schema, null);
    private readonly SendWindow _window = new();
    private readonly PendingFrame[] _frames = [.. Enumerable.Range(0, 2 * WriterOptions.InFlightMax).Select(Frame)];

    [Fact]
    public void The_first_who_asks_fetches_a_writer_and_the_others_wait_for_it()
    {
        Assert.Equal(SendStep.Wait, _window.TryTake(out _));
        _window.Add([_frames[0]]);
        Assert.True(_window.HasReady);
        Assert.Equal(SendStep.AcquireWriter, _window.TryTake(out _));
        Assert.Equal(SendStep.Wait, _window.TryTake(out _));
        _window.Acquired(new WriterId(7));
        RequireSent(_frames[0], writer: 7, sequence: 0);
        Assert.False(_window.HasReady);
        Assert.Equal(SendStep.Wait, _window.TryTake(out _));
    }

    [Fact]
    public void Without_a_writer_the_waiting_frames_are_given_back_and_the_next_one_asks_again()
    {
        _window.Add([.. _frames[..2]]);
        Assert.Equal(SendStep.AcquireWriter, _window.TryTake(out _));
        Assert.Equal(_frames[..2], _window.AcquireFailed());
        Assert.False(_window.HasReady);
        _window.Add([_frames[2]]);
        Assert.Equal(SendStep.AcquireWriter, _window.TryTake(out _));
    }

    [Fact]
    public void No_frame_is_further_ahead_of_the_oldest_unsettled_one_than_the_bucket_remembers()
    {
        Send(WriterOptions.InFlightMax);
        _window.Add([.. _frames[WriterOptions.InFlightMax..]]);
        Assert.Equal(SendStep.Wait, _window.TryTake(out _));

        // Settled out of order: the oldest one counts.
        Acknowledge(_frames[1]);
        Assert.Equal(SendStep.Wait, _window.TryTake(out _));
        Acknowledge(_frames[0]);
        RequireSent(_frames[WriterOptions.InFlightMax], writer: 1, WriterOptions.InFlightMax);
        RequireSent(_frames[WriterOptions.InFlightMax + 1], writer: 1, WriterOptions.InFlightMax + 1);
        Assert.Equal(SendStep.Wait, _window.TryTake(out _));
        Assert.True(_window.IsOldest(_frames[2]));
        Assert.False(_window.IsOldest(_frames[3]));
    }

    [Fact]
    public void Frames_after_a_refused_one_go_on_in_order_under_a_new_writer_once_all_older_ones_are_settled()
    {
        Send(4);
        _window.Add([_frames[4]]);
        Refuse(_frames[1]);
        Assert.Equal(SendStep.Wait, _window.TryTake(out _));
        Assert.False(_window.TrySetAside(_frames[0]));
        Assert.True(_window.TrySetAside(_frames[3]));
        Assert.True(_window.TrySetAside(_frames[2]));
        Assert.True(_window.HasReady);

        // The oldest may still be stored under the old writer: nothing overtakes it.
        Assert.Empty(_window.Renew(_ => false));
        Assert.Equal(SendStep.Wait, _window.TryTake(out _));
        Acknowledge(_frames[0]);
        Assert.Empty(_window.Renew(_ => false));
        Assert.Equal(SendStep.AcquireWriter, _window.TryTake(out _));
        _window.Acquired(new WriterId(2));
        RequireSent(_frames[2], writer: 2, sequence: 0);
        RequireSent(_frames[3], writer: 2, sequence: 1);
        RequireSent(_frames[4], writer: 2, sequence: 2);
    }

    [Fact]
    public void Frames_after_one_whose_outcome_is_unknown_are_not_sent_again()
    {
        Send(4);
        _window.Add([_frames[4]]);
        Refuse(_frames[1]);
        Assert.True(_window.TrySetAside(_frames[2]));
        _window.Settle(_frames[0], isFailure: true, isUnknown: true);
        Assert.True(_window.IsBehindUnknown(_frames[3]));
        _window.Settle(_frames[3], isFailure: true, isUnknown: true);
        Assert.Equal([_frames[2]], _window.Renew(_ => false));

        // What was never sent cannot be stored twice.
        Assert.Equal(SendStep.AcquireWriter, _window.TryTake(out _));
        _window.Acquired(new WriterId(2));
        Assert.False(_window.IsBehindUnknown(_frames[4]));
        RequireSent(_frames[4], writer: 2, sequence: 0);
    }

    [Fact]
    public void A_frame_that_was_set_aside_for_too_long_is_given_back()
    {
        Send(3);
        Refuse(_frames[0]);
        Assert.True(_window.TrySetAside(_frames[1]));
        Assert.True(_window.TrySetAside(_frames[2]));
        Assert.Equal([_frames[1]], _window.Renew(frame => frame == _frames[1]));
        Assert.Equal(SendStep.AcquireWriter, _window.TryTake(out _));
        _window.Acquired(new WriterId(2));
        RequireSent(_frames[2], writer: 2, sequence: 0);
        Assert.Empty(_window.Renew(_ => true));
    }

    [Fact]
    public void A_refusal_for_the_sequence_proves_something_only_of_the_oldest_frame()
    {
        Send(3);
        Assert.Equal(OutOfOrder.Early, _window.Judge(_frames[1], sentAsOldest: true, expected: 0));
        Assert.Equal(OutOfOrder.Early, _window.Judge(_frames[1], sentAsOldest: false, expected: 9));
        Acknowledge(_frames[0]);
        Assert.Equal(OutOfOrder.Early, _window.Judge(_frames[1], sentAsOldest: false, expected: 0));
        Assert.Equal(OutOfOrder.Past, _window.Judge(_frames[1], sentAsOldest: false, expected: 2));
        Assert.Equal(OutOfOrder.Past, _window.Judge(_frames[1], sentAsOldest: true, expected: 1));
        Assert.True(_window.IsOldest(_frames[1]));
    }

    [Fact]
    public void Frames_of_a_writer_that_the_bucket_has_forgotten_go_on_under_a_new_one()
    {
        Send(3);
        Acknowledge(_frames[0]);
        Assert.Equal(OutOfOrder.Forgotten, _window.Judge(_frames[1], sentAsOldest: true, expected: 0));
        Assert.Empty(_window.Renew(_ => false));
        Assert.Equal(SendStep.Wait, _window.TryTake(out _));
        Assert.True(_window.TrySetAside(_frames[2]));
        Assert.Empty(_window.Renew(_ => false));
        Assert.Equal(SendStep.AcquireWriter, _window.TryTake(out _));
        _window.Acquired(new WriterId(2));
        RequireSent(_frames[1], writer: 2, sequence: 0);
        RequireSent(_frames[2], writer: 2, sequence: 1);
    }

    public void Dispose()
    {
        foreach (var frame in _frames)
            frame.Block.Dispose();
    }

    /// <summary>Adds the first frames and sends them under writer 1.</summary>
    private void Send(int count)
    {
        _window.Add([.. _frames[..count]]);
        Assert.Equal(SendStep.AcquireWriter, _window.TryTake(out _));
        _window.Acquired(new WriterId(1));
        for (var i = 0; i < count; i++)
            RequireSent(_frames[i], writer: 1, i);
    }

    private void RequireSent(PendingFrame expected, long writer, int sequence)
    {
        Assert.Equal(SendStep.Send, _window.TryTake(out var frame));
        Assert.Same(expected, frame);
        Assert.Equal((new WriterId(writer), sequence), (frame!.Writer, frame.Sequence));
        Assert.Equal(FrameHeaderError.None, FrameHeader.TryRead(frame.Block.Span, out var header));
        Assert.Equal((new WriterId(writer), sequence), (header.Writer, header.Sequence));
        frame.Started = 1;
    }

    private void Acknowledge(PendingFrame frame) => _window.Settle(frame, isFailure: false, isUnknown: false);

    private void Refuse(PendingFrame frame) => _window.Settle(frame, isFailure: true, isUnknown: false);

    private static PendingFrame Frame(int number)
    {
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
        var block = encoder.Encode(ArrowRows.Build(Schema, [[(long)number]]), Schema, null, FrameFlags.None, default, 0);
        return new PendingFrame { Block = block, Layout = Layout, Segments = [], BudgetBytes = block.Length };
    }
}
