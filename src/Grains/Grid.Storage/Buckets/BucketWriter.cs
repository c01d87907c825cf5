using System.Diagnostics;
using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Buckets;

/// <summary>
/// A bucket's one writer: takes what is queued as a group, gives it to the table's stage, appends it in one write, flushes by policy, applies it, shows it to
/// readers, answers. Each step waits for the one before it: whoever is answered finds their rows after any crash that the flush policy covers.
/// </summary>
internal sealed class BucketWriter : IAsyncDisposable
{
    private readonly BucketLog _log;
    private readonly IWriteStage _stage;
    private readonly WatermarkSignal _signal;
    private readonly TimeProvider _time;
    private readonly GridStorageMetrics _metrics;
    private readonly WriteAdmission _admission;
    private readonly WriteQueue _queue;
    private readonly WriteGroup _group = new();
    private readonly ITimer _parkedTimer;
    private readonly int _queueMax;
    private volatile bool _flushEveryGroup;
    private volatile Refusal? _stopped;

    public BucketWriter(BucketLog log, IWriteStage stage, WatermarkSignal signal, bool flushEveryGroup, StorageNode node)
    {
        _log = log;
        _stage = stage;
        _signal = signal;
        _flushEveryGroup = flushEveryGroup;
        _time = node.Time;
        _metrics = node.Metrics;
        _queueMax = node.Options.WriteQueueMax;
        _admission = new WriteAdmission(log.Writers, node.Time);
        _queue = new WriteQueue(Run, _queueMax, node.Options.WriteQueueBytesMax);
        _parkedTimer = node.Time.CreateTimer(static queue => ((WriteQueue)queue!).Wake(), _queue, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Queued => _queue.Count;

    /// <summary>The epoch that frames are stamped with.</summary>
    public LeaderEpoch Epoch { get; }

    public void Update(bool flushEveryGroup) => _flushEveryGroup = flushEveryGroup;

    /// <summary>Queues a write and waits for its outcome. Cancelling ends the wait, not the write.</summary>
    /// <exception cref="GridException">It was refused.</exception>
    public async Task WriteAsync(PendingWrite write, CancellationToken cancellationToken)
    {
        switch (_queue.TryAdd(write))
        {
            case QueueOutcome.Full:
                WriteAdmission.Refuse(write, new Refusal(GridErrorCode.Busy, $"The bucket's write queue is full ({_queueMax} requests); send again later, with larger frames."));
                break;
            case QueueOutcome.Closed:
                WriteAdmission.Refuse(write, Closing);
                break;
        }

        await write.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (write.Refusal is { } refusal)
        {
            _metrics.WriteRefused();
            throw refusal.ToException();
        }

        if (write.IsRepeat)
            _metrics.WriteRepeated();
    }

    /// <summary>Finishes what is queued, then refuses what still waits for a missing sequence.</summary>
    public async ValueTask DisposeAsync()
    {
        await _parkedTimer.DisposeAsync().ConfigureAwait(false);
        await _queue.CloseAsync().ConfigureAwait(false);
        _admission.RefuseWaiting(Closing);
    }

    private static Refusal Closing => new(GridErrorCode.Closing, "The bucket is closing; send again.");

    private void Run(List<PendingWrite> writes)
    {
        if (_stopped is { } stopped)
        {
            foreach (var write in writes)
                WriteAdmission.Refuse(write, stopped);
            return;
        }

        // The clock may go back, commit timestamps must not.
        var nowMs = Math.Max(_time.GetUtcNow().ToUnixTimeMilliseconds(), _log.LastTimestampMs);
        _group.Start(_log.EndOffset, nowMs);
        _admission.Admit(writes, _group);
        if (_group.Writes.Count > 0)
        {
            Write();
            _group.Complete();
        }

        if (_stopped is { } reason)
            _admission.RefuseWaiting(reason);
        if (_admission.Parked > 0)
            ArmParkedTimer();
        if (_admission.HasPutOff)
            _queue.Wake();
    }

    private void Write()
    {
        try
        {
            _stage.Prepare(_group);
        }
        catch (Exception e)
        {
            // Nothing was written: this group is refused, the bucket goes on.
            _group.RefuseAll(e is GridException refusal ? Refusal.From(refusal) : new Refusal(GridErrorCode.Internal, $"The write could not be prepared: {e.Message}"));
            return;
        }

        if (_group.Frames.Count == 0)
            return;

        try
        {
            Append();
        }
        catch (Exception e)
        {
            if (_log.Failure is not null || e is not IOException)
                Stop(e);
            _group.RefuseAll(_stopped ?? new Refusal(GridErrorCode.StorageFailed, $"The frames could not be written, nothing of them is stored: {e.Message} Make room or repair the disk and send again."));
            return;
        }

        try
        {
            Commit();
        }
        catch (Exception e)
        {
            Stop(e);
            _group.RefuseAll(_stopped!);
        }
    }

    private void Append()
    {
        var started = _time.GetTimestamp();
        _log.Append(_group.Frames, Epoch, _group.TimestampMs);
        _metrics.GroupAppended(_group.Writes.Count, _group.Frames.Count, _group.NextOffset - _group.BaseOffset, _group.Bytes, _time.GetElapsedTime(started));
    }

    private void Commit()
    {
        Debug.Assert(_log.EndOffset == _group.NextOffset, "The group planned other offsets than the log gave.");
        if (_flushEveryGroup)
        {
            var started = _time.GetTimestamp();
            _log.Flush();
            _metrics.Flushed(_time.GetElapsedTime(started));
        }

        var offset = _group.BaseOffset;
        foreach (var (header, _) in _group.Frames)
        {
            _log.Writers.Record(header with { BaseOffset = offset, TimestampMs = _group.TimestampMs });
            offset += header.OffsetSpan;
        }

        // Shard first, readers second: whatever can be read in the changelog can be looked up.
        _stage.Apply(_group);
        _log.AdvanceHighWatermark(_group.NextOffset);
        _signal.Moved();
    }

    private void Stop(Exception cause)
    {
        _stopped = new Refusal(GridErrorCode.WritesStopped,
            $"The bucket stopped writing: {cause.Message} Whether the last writes are stored is known when it opens again; reads go on.");
        _metrics.WritingStopped();
    }

    private void ArmParkedTimer()
    {
        try
        {
            _parkedTimer.Change(TimeSpan.FromMilliseconds(ParkedWrites.WaitMsMax), Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // Closing: what is parked is refused when the queue is empty.
        }
    }
}
