using System.Diagnostics;
using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Storage.Log;
using Grid.Storage.Replication;

namespace Grid.Storage.Buckets;

/// <summary>
/// A bucket's one writer: takes what is queued as a group, gives it to the table's stage, appends it in one write, sends it to the replicas while it is flushed here, and once it is committed
/// applies it, shows it to readers and answers. Each step waits for the one before it: whoever is answered finds their rows after any crash that the flush policy and the
/// replicas cover. Used by the bucket's loop alone, but for <see cref="WriteAsync"/>.
/// </summary>
internal sealed class BucketWriter : IBucketLoopBody, ICommitListener, IAsyncDisposable
{
    /// <summary>Groups of a stage that allows it that may wait for their commit; the next one is prepared and appended meanwhile.</summary>
    private const int GroupsUnderWayMax = 4;

    private readonly BucketLog _log;
    private readonly IWriteStage _stage;
    private readonly BucketReplica _replica;
    private readonly CommittedFrames _committed;
    private readonly WatermarkSignal _signal;
    private readonly TimeProvider _time;
    private readonly GridStorageMetrics _metrics;
    private readonly WriteAdmission _admission;
    private readonly Queue<WriteGroup> _underWay = new();
    private readonly Stack<WriteGroup> _idleGroups = new();
    private readonly ITimer _parkedTimer;
    private readonly int _queueMax;
    private volatile bool _flushEveryGroup;
    private volatile Refusal? _stopped;

    public BucketWriter(BucketLog log, IWriteStage stage, BucketReplica replica, CommittedFrames committed, WatermarkSignal signal, bool flushEveryGroup, StorageNode node)
    {
        _log = log;
        _stage = stage;
        _replica = replica;
        _committed = committed;
        _signal = signal;
        _flushEveryGroup = flushEveryGroup;
        _time = node.Time;
        _metrics = node.Metrics;
        _queueMax = node.Options.WriteQueueMax;
        _admission = new WriteAdmission(log, node.Time);
        Loop = new BucketLoop(this, _queueMax, node.Options.WriteQueueBytesMax, node.Schedule);
        _parkedTimer = node.Time.CreateTimer(static loop => ((BucketLoop)loop!).Wake(), Loop, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        replica.Attach(this);
    }

    /// <summary>What it runs on.</summary>
    public BucketLoop Loop { get; }

    public int Queued => Loop.Count;

    /// <inheritdoc/>
    /// <remarks>After a group was given up the log may end behind what is committed: the stage does not know those rows until they are applied, so it waits.</remarks>
    public bool MayTakeWrites => _underWay.Count == 0 || (_stage.MayOverlap && _underWay.Count < GroupsUnderWayMax);

    /// <inheritdoc/>
    public bool HasWritesUnderWay => _underWay.Count > 0;

    public void Update(bool flushEveryGroup) => _flushEveryGroup = flushEveryGroup;

    /// <summary>Queues a write and waits for its outcome. Cancelling ends the wait, not the write.</summary>
    /// <exception cref="GridException">It was refused.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(PendingWrite write, CancellationToken cancellationToken)
    {
        switch (Loop.TryAdd(write))
        {
            case QueueOutcome.Full:
                WriteAdmission.Refuse(write, new Refusal(GridErrorCode.Busy, $"The bucket's write queue is full ({_queueMax} requests); send again later, with larger frames."));
                break;
            case QueueOutcome.Closed:
                WriteAdmission.Refuse(write, Closing);
                break;
        }

        using (cancellationToken.UnsafeRegister(static (state, token) => ((PendingWrite)state!).GiveUp(token), write))
            await write.Completion.ConfigureAwait(false);
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
        await Loop.CloseAsync().ConfigureAwait(false);
        _admission.RefuseWaiting(Closing);
    }

    /// <inheritdoc/>
    public void Settle() => _replica.Settle();

    /// <inheritdoc/>
    public void Run(List<PendingWrite> writes)
    {
        if ((_stopped ?? _replica.WriteRefusal()) is { } refusal)
        {
            foreach (var write in writes)
                WriteAdmission.Refuse(write, refusal);
            _admission.RefuseWaiting(refusal);
            return;
        }

        // The clock may go back, commit timestamps must not.
        var nowMs = Math.Max(_time.GetUtcNow().ToUnixTimeMilliseconds(), _log.LastTimestampMs);
        var group = _idleGroups.TryPop(out var idle) ? idle : new WriteGroup();
        group.Start(_log.EndOffset, nowMs);
        _admission.Admit(writes, group);
        if (group.Writes.Count > 0)
            Write(group);
        else
            _idleGroups.Push(group);

        if (_stopped is { } reason)
            _admission.RefuseWaiting(reason);
        if (_admission.Parked > 0)
            ArmParkedTimer();
        WakeForPutOff();
    }

    /// <inheritdoc/>
    public void Committed(LogOffset offset)
    {
        while (_underWay.TryPeek(out var group) && group.NextOffset <= offset)
        {
            // What a group that was given up left before this one; nothing, as a rule.
            if (!TryApply(() =>
                {
                    _committed.ApplyTo(group.BaseOffset);
                    _stage.Apply(group);
                }))
                return;
            _log.AdvanceHighWatermark(group.NextOffset);
            _signal.Moved();
            Finish(_underWay.Dequeue());
        }

        if (_underWay.Count == 0 && offset > _log.HighWatermark && TryApply(() => _committed.ApplyTo(offset)))
            WakeForPutOff();
    }

    /// <inheritdoc/>
    public void Aborted(Refusal refusal)
    {
        while (_underWay.TryDequeue(out var group))
        {
            group.RefuseAll(refusal);
            Finish(group);
        }

        _admission.RefuseWaiting(refusal);
    }

    private static Refusal Closing => new(GridErrorCode.Closing, "The bucket is closing; send again.");

    private void Write(WriteGroup group)
    {
        if (!Prepare(group) || group.Frames.Count == 0 || !Append(group))
        {
            Finish(group);
            return;
        }

        _underWay.Enqueue(group);
        try
        {
            _replica.Appended();
            if (_flushEveryGroup)
                Flush();
        }
        catch (Exception e)
        {
            Stop(e);
            return;
        }

        // Where no other replica must have it, this commits it.
        _replica.LocallyDurable();
    }

    private bool Prepare(WriteGroup group)
    {
        try
        {
            // A stage that reads stored rows needs all that is in the log; what is not committed yet, it may not see.
            if (!_stage.MayOverlap && _log.HighWatermark < _log.EndOffset)
            {
                group.RefuseAll(new Refusal(GridErrorCode.NotEnoughReplicas, "Earlier writes of the bucket are not committed yet; send again."));
                return false;
            }

            _stage.Prepare(group);
            return true;
        }
        catch (Exception e)
        {
            // Nothing was written: this group is refused, the bucket goes on.
            group.RefuseAll(e is GridException refusal ? Refusal.From(refusal) : new Refusal(GridErrorCode.Internal, $"The write could not be prepared: {e.Message}"));
            return false;
        }
    }

    private bool Append(WriteGroup group)
    {
        var started = _time.GetTimestamp();
        try
        {
            _log.Append(group.Frames, _replica.Epoch, group.TimestampMs);
        }
        catch (Exception e)
        {
            if (_log.Failure is not null || e is not IOException)
                Stop(e);
            group.RefuseAll(_stopped ?? new Refusal(GridErrorCode.StorageFailed, $"The frames could not be written, nothing of them is stored: {e.Message} Make room or repair the disk and send again."));
            return false;
        }

        Debug.Assert(_log.EndOffset == group.NextOffset, "The group planned other offsets than the log gave.");
        _metrics.GroupAppended(group.Writes.Count, group.Frames.Count, group.NextOffset - group.BaseOffset, group.Bytes, _time.GetElapsedTime(started));
        return true;
    }

    private void Flush()
    {
        var started = _time.GetTimestamp();
        _log.Flush();
        _metrics.Flushed(_time.GetElapsedTime(started));
    }

    private bool TryApply(Action apply)
    {
        try
        {
            apply();
            return true;
        }
        catch (Exception e)
        {
            Stop(e);
            return false;
        }
    }

    /// <summary>Answers a group's writes and keeps the object for the next.</summary>
    private void Finish(WriteGroup group)
    {
        group.Complete();
        _idleGroups.Push(group);
        WakeForPutOff();
    }

    private void WakeForPutOff()
    {
        if (_admission.HasPutOff && _underWay.Count == 0 && _log.HighWatermark == _log.EndOffset)
            Loop.Wake();
    }

    private void Stop(Exception cause)
    {
        _stopped = new Refusal(GridErrorCode.WritesStopped,
            $"The bucket stopped writing: {cause.Message} Whether the last writes are stored is known when it opens again; reads go on.");
        _metrics.WritingStopped();
        Aborted(_stopped);
        _replica.Resign(_stopped);
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
