using Grid.Abstractions;
using Grid.Client.Retrying;
using Grid.Client.Tables;

namespace Grid.Client.Writing;

/// <summary>
/// Sends the frames of one writer to one bucket: up to <see cref="WriterOptions.InFlightMax"/> at once, each stored once and in order.
/// <para>The argument. The bucket takes a writer's frames only in sequence, and answers a repeat of the last five with the first answer. So a frame whose
/// outcome is unknown is sent again under its own sequence, and no frame is further ahead of the oldest unsettled one than the bucket remembers.</para>
/// <para>When frame k is refused for good, its sequence stays open under this writer id, and no frame after it can ever be stored under it, not even by a call still
/// under way. The frames after k are therefore safe to send again under a new writer id, from sequence 0, once all older ones have settled. When the outcome of k stays
/// unknown until its time is over, frames after k that are not acknowledged may or may not be stored: they are reported, not sent again.</para>
/// </summary>
internal sealed class FrameSender(TableHandle table, int bucket, WriterIdentities identities, ByteBudget budget, Action settled)
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingFrame> _ready = new();
    private readonly List<PendingFrame> _unsettled = [];
    private readonly List<PendingFrame> _again = [];
    private WriterId _writer;
    private bool _acquiring;
    private int _nextSequence;
    private long _nextOrder;
    private long _refusedOrder = long.MaxValue;
    private long _unknownOrder = long.MaxValue;
    private int _count;

    /// <summary>Frames that wait to be sent, above the window.</summary>
    public bool HasReady
    {
        get
        {
            lock (_lock)
                return _ready.Count + _again.Count > 0;
        }
    }

    /// <summary>Whether there is no frame that is not settled.</summary>
    public bool IsIdle => Volatile.Read(ref _count) == 0;

    public void Enqueue(IEnumerable<PendingFrame> frames)
    {
        List<PendingFrame>? refused = null;
        lock (_lock)
        {
            foreach (var frame in frames)
            {
                if (frame.Refusal is not null)
                {
                    (refused ??= []).Add(frame);
                    continue;
                }

                frame.Order = _nextOrder++;
                _ready.Enqueue(frame);
                _count++;
            }
        }

        foreach (var frame in refused ?? [])
        {
            frame.Fail(frame.Refusal!);
            budget.Return(frame.BudgetBytes);
        }

        Pump();
    }

    private bool IsFenced => _refusedOrder != long.MaxValue || _unknownOrder != long.MaxValue;

    /// <summary>Sends what the window allows.</summary>
    private void Pump()
    {
        while (true)
        {
            PendingFrame frame;
            lock (_lock)
            {
                if (_ready.Count == 0 || IsFenced || _acquiring)
                    return;
                if (_writer.Value == 0)
                {
                    _acquiring = true;
                    _ = AcquireAsync();
                    return;
                }

                if (_unsettled.Count > 0 && ((_nextSequence - _unsettled[0].Sequence) & int.MaxValue) >= WriterOptions.InFlightMax)
                    return;
                frame = _ready.Dequeue();
                frame.Stamp(_writer, _nextSequence);
                _nextSequence = (_nextSequence + 1) & int.MaxValue;
                _unsettled.Add(frame);
            }

            _ = SendAsync(frame);
        }
    }

    private async Task AcquireAsync()
    {
        List<PendingFrame>? lost = null;
        Exception? failure = null;
        try
        {
            var writer = await identities.TakeAsync(bucket).ConfigureAwait(false);
            lock (_lock)
            {
                _writer = writer;
                _nextSequence = 0;
            }
        }
        catch (Exception refused)
        {
            failure = refused;
            lock (_lock)
            {
                lost = [.. _ready];
                _ready.Clear();
            }
        }

        lock (_lock)
            _acquiring = false;
        foreach (var frame in lost ?? [])
            Finish(frame, landed: null, failure);
        Pump();
    }

    /// <summary>One frame until it is settled or goes back to be sent under a new writer id.</summary>
    private async Task SendAsync(PendingFrame frame)
    {
        if (frame.Started == 0)
            frame.Started = Math.Max(1, table.Connection.Time.GetTimestamp());
        for (var attempt = 0; ; attempt++)
        {
            Exception failure;
            bool sentAsOldest;
            lock (_lock)
                sentAsOldest = _unsettled[0] == frame;
            try
            {
                var landed = await CallAsync(frame).ConfigureAwait(false);
                Settle(frame, landed, failure: null, isUnknown: false);
                return;
            }
            catch (Exception refused)
            {
                failure = refused;
            }

            try
            {
                if (await GoesOnAsync(frame, failure, attempt, sentAsOldest).ConfigureAwait(false))
                    continue;
                return;
            }
            catch (Exception second)
            {
                // Preparing the retry failed (the catalog is unreachable, or the new schema cannot hold the rows): the frame itself was refused.
                Settle(frame, landed: null, second, isUnknown: false);
                return;
            }
        }
    }

    private async Task<Landed> CallAsync(PendingFrame frame)
    {
        var grain = table.Bucket(bucket);
        if (frame.Layout.Schema.HasPrimaryKey)
        {
            var request = new WriteRequest { Frame = frame.Block, Targets = frame.Layout.Targets is { } targets ? [.. targets] : [] };
            var written = await table.Connection.Loss.AnswerAsync(() => grain.WriteAsync(request, CancellationToken.None), CancellationToken.None).ConfigureAwait(false);
            return new Landed(bucket, written.BaseOffset, written.EndOffset, written.TimestampMs, IsChangelog: true);
        }

        var appended = await table.Connection.Loss.AnswerAsync(() => grain.AppendAsync(new AppendRequest { Frames = frame.Block }, CancellationToken.None), CancellationToken.None).ConfigureAwait(false);
        return new Landed(bucket, appended.BaseOffset, appended.EndOffset, appended.TimestampMs, IsChangelog: false);
    }

    /// <summary>After a failed call: true to call again, false when the frame is settled or set aside.</summary>
    private async Task<bool> GoesOnAsync(PendingFrame frame, Exception failure, int attempt, bool sentAsOldest)
    {
        var refusal = failure as GridException;
        var over = table.Connection.Retry.IsOver(frame.Started);
        lock (_lock)
        {
            if (frame.Order > _unknownOrder)
                failure = new GridException(GridErrorCode.Timeout, "The outcome of earlier rows of this bucket is unknown, and so is that of these.", failure);
            else if (frame.Order > _refusedOrder && (refusal?.Code == GridErrorCode.SequenceOutOfOrder || Retry.IsTransient(failure)))
                return SetAside(frame);
        }

        if (frame.Order > Volatile.Read(ref _unknownOrder))
        {
            Settle(frame, landed: null, failure, isUnknown: true);
            return false;
        }

        if (refusal?.Code == GridErrorCode.SchemaStale && !over)
        {
            await FrameUpgrade.ReencodeAsync(table, frame, refusal).ConfigureAwait(false);
            return true;
        }

        if (refusal?.Code == GridErrorCode.SequenceOutOfOrder && !over)
        {
            lock (_lock)
            {
                // The frame was refused although all before it had been acknowledged when it was sent: the bucket has forgotten this writer (idle too
                // long, or restored from older data). It expects a lower sequence, so this one was not stored and never will be. A refusal of a call
                // that was sent earlier proves nothing: the bucket may expect this very sequence by now, and an earlier call of it may still arrive.
                var isOldest = _unsettled[0] == frame;
                if (isOldest && sentAsOldest && refusal.Detail < frame.Sequence)
                {
                    _refusedOrder = Math.Min(_refusedOrder, frame.Order - 1);
                    return SetAside(frame);
                }

                if (isOldest && refusal.Detail >= frame.Sequence)
                    over = true; // it expects a higher one: this frame was stored or given up long ago, and nothing can tell which
            }

            if (!over)
            {
                await table.Connection.Retry.PauseAsync(attempt, CancellationToken.None).ConfigureAwait(false);
                return true;
            }
        }

        if (Retry.IsTransient(failure))
        {
            if (!over)
            {
                await table.Connection.Retry.PauseAsync(attempt, CancellationToken.None).ConfigureAwait(false);
                return true;
            }

            Settle(frame, landed: null, Retry.Report(failure), isUnknown: true);
            return false;
        }

        Settle(frame, landed: null, failure, isUnknown: refusal is null || refusal.Code == GridErrorCode.SequenceOutOfOrder);
        return false;
    }

    /// <summary>Keeps a frame for a new writer id. Called under the lock.</summary>
    private bool SetAside(PendingFrame frame)
    {
        _unsettled.Remove(frame);
        _again.Add(frame);
        if (_unsettled.Count == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static sender => sender.BeginAgain(), this, preferLocal: false);
        return false;
    }

    private void Settle(PendingFrame frame, Landed? landed, Exception? failure, bool isUnknown)
    {
        bool empty;
        lock (_lock)
        {
            _unsettled.Remove(frame);
            if (failure is not null && isUnknown)
                _unknownOrder = Math.Min(_unknownOrder, frame.Order);
            else if (failure is not null)
                _refusedOrder = Math.Min(_refusedOrder, frame.Order);
            empty = _unsettled.Count == 0;
        }

        Finish(frame, landed, failure);
        if (empty)
            BeginAgain();
        Pump();
    }

    /// <summary>After a failure, once every frame of the old writer id is settled or set aside: goes on under a new one.</summary>
    private void BeginAgain()
    {
        List<PendingFrame> lost = [];
        lock (_lock)
        {
            if (_unsettled.Count > 0 || !IsFenced)
                return;
            var again = _again.OrderBy(f => f.Order).Where(f => f.Order < _unknownOrder && !table.Connection.Retry.IsOver(f.Started)).ToList();
            lost.AddRange(_again.Except(again));
            PendingFrame[] waiting = [.. _ready];
            _again.Clear();
            _ready.Clear();
            foreach (var frame in again)
                _ready.Enqueue(frame);
            foreach (var frame in waiting)
                _ready.Enqueue(frame);
            _refusedOrder = _unknownOrder = long.MaxValue;
            _writer = default;
        }

        foreach (var frame in lost)
            Finish(frame, landed: null, new GridException(GridErrorCode.Timeout, "Earlier rows of this bucket were refused, and these could not be sent again in time."));
        Pump();
    }

    private void Finish(PendingFrame frame, Landed? landed, Exception? failure)
    {
        if (failure is not null)
            frame.Fail(failure);
        else
            frame.Succeed(landed!.Value);
        budget.Return(frame.BudgetBytes);
        Interlocked.Decrement(ref _count);
        settled();
    }
}
