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
    private readonly SendWindow _window = new();
    private int _count;

    /// <summary>Frames that wait to be sent, above the window.</summary>
    public bool HasReady => _window.HasReady;

    /// <summary>Whether there is no frame that is not settled.</summary>
    public bool IsIdle => Volatile.Read(ref _count) == 0;

    public void Enqueue(IEnumerable<PendingFrame> frames)
    {
        List<PendingFrame> refused = [], sendable = [];
        foreach (var frame in frames)
            (frame.Refusal is null ? sendable : refused).Add(frame);
        Interlocked.Add(ref _count, sendable.Count);
        _window.Add(sendable);
        foreach (var frame in refused)
        {
            frame.Fail(frame.Refusal!);
            budget.Return(frame.BudgetBytes);
        }

        Pump();
    }

    /// <summary>Sends what the window allows.</summary>
    private void Pump()
    {
        while (true)
        {
            switch (_window.TryTake(out var frame))
            {
                case SendStep.Send:
                    _ = SendAsync(frame!);
                    break;
                case SendStep.AcquireWriter:
                    _ = AcquireAsync();
                    return;
                default:
                    return;
            }
        }
    }

    private async Task AcquireAsync()
    {
        try
        {
            _window.Acquired(await identities.TakeAsync(table.IdOf(bucket)).ConfigureAwait(false));
        }
        catch (Exception failure)
        {
            foreach (var frame in _window.AcquireFailed())
                Finish(frame, landed: null, failure);
        }

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
            var sentAsOldest = _window.IsOldest(frame);
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
            return new Landed(bucket, written.BaseOffset, written.EndOffset, written.TimestampMs, IsChangelog: true) { Partition = table.Partition };
        }

        var appended = await table.Connection.Loss.AnswerAsync(() => grain.AppendAsync(new AppendRequest { Frames = frame.Block }, CancellationToken.None), CancellationToken.None).ConfigureAwait(false);
        return new Landed(bucket, appended.BaseOffset, appended.EndOffset, appended.TimestampMs, IsChangelog: false) { Partition = table.Partition };
    }

    /// <summary>After a failed call: true to call again, false when the frame is settled or set aside.</summary>
    private async Task<bool> GoesOnAsync(PendingFrame frame, Exception failure, int attempt, bool sentAsOldest)
    {
        var refusal = failure as GridException;
        if (refusal?.Code == GridErrorCode.PartitionDropped)
            table.Forget(); // rows that come later find, or make, the one that has its values then
        var isOutOfOrder = refusal?.Code == GridErrorCode.SequenceOutOfOrder;
        var over = IsOver(frame);
        if (_window.IsBehindUnknown(frame))
        {
            Settle(frame, landed: null, new GridException(GridErrorCode.Timeout, "The outcome of earlier rows of this bucket is unknown, and so is that of these.", failure), isUnknown: true);
            return false;
        }

        if ((isOutOfOrder || Retry.IsTransient(failure)) && _window.TrySetAside(frame))
        {
            BeginAgainLater();
            return false;
        }

        if (refusal?.Code == GridErrorCode.SchemaStale && !over)
        {
            await FrameUpgrade.ReencodeAsync(table, frame, refusal).ConfigureAwait(false);
            return true;
        }

        if (isOutOfOrder && !over)
        {
            switch (_window.Judge(frame, sentAsOldest, refusal!.Detail))
            {
                case OutOfOrder.Early:
                    await table.Connection.Retry.PauseAsync(attempt, CancellationToken.None).ConfigureAwait(false);
                    return true;
                case OutOfOrder.Forgotten:
                    BeginAgainLater();
                    return false;
                case OutOfOrder.Past:
                    over = true;
                    break;
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

        Settle(frame, landed: null, failure, isUnknown: refusal is null || isOutOfOrder);
        return false;
    }

    private void Settle(PendingFrame frame, Landed? landed, Exception? failure, bool isUnknown)
    {
        _window.Settle(frame, failure is not null, isUnknown);
        Finish(frame, landed, failure);
        BeginAgain();
    }

    /// <summary>Goes on: after a failure under a new writer id, once nothing of the old one is under way.</summary>
    private void BeginAgain()
    {
        foreach (var frame in _window.Renew(IsOver))
            Finish(frame, landed: null, new GridException(GridErrorCode.Timeout, "Earlier rows of this bucket were refused, and these could not be sent again in time."));
        Pump();
    }

    /// <summary>As <see cref="BeginAgain"/>, on another stack: a frame that is set aside again and again, by a bucket that answers at once, does not go deeper each time.</summary>
    private void BeginAgainLater() => ThreadPool.UnsafeQueueUserWorkItem(static sender => sender.BeginAgain(), this, preferLocal: false);

    private bool IsOver(PendingFrame frame) => table.Connection.Retry.IsOver(frame.Started);

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
