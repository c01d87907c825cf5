using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>What a leader knows of one other replica in its term. Times are <see cref="TimeProvider.GetTimestamp"/>'s.</summary>
internal sealed class FollowerProgress(NodeName node, long now)
{
    private readonly Dictionary<long, PendingCall> _calls = [];

    public NodeName Node { get; } = node;

    /// <summary>Whether it was aligned at this epoch and has not said since that it was not.</summary>
    public bool IsAligned { get; private set; }

    /// <summary>Whether it was aligned at this epoch at any time: whatever it was before, it serves nobody as a leader any more.</summary>
    public bool KnowsEpoch { get; private set; }

    /// <summary>Everything below it is in its log; Zero until it is aligned.</summary>
    public LogOffset Acknowledged { get; private set; }

    /// <summary>Where the next push begins.</summary>
    public LogOffset Next { get; set; }

    /// <summary>The highest watermark it has been told of and confirmed.</summary>
    public LogOffset KnownWatermark { get; private set; }

    /// <summary>When it last came nearer to the log's end, or was there.</summary>
    public long ProgressAt { get; set; } = now;

    /// <summary>When the newest call that it accepted was sent: then it knew no higher epoch. 0: none yet.</summary>
    public long ConfirmedAt { get; private set; }

    /// <summary>Calls are not sent before this moment.</summary>
    public long RetryAt { get; set; }

    /// <summary>Failed calls in a row.</summary>
    public int Failures { get; private set; }

    /// <summary>Whether the last failure said that the node is not there.</summary>
    public bool IsUnreachable { get; private set; }

    /// <summary>After a gap or a failure: wait until nothing is under way, then go on from <see cref="Acknowledged"/>.</summary>
    public bool MustRewind { get; private set; }

    /// <summary>Whether it is being filled by other means.</summary>
    public bool IsRefilling { get; set; }

    /// <summary>Calls under way.</summary>
    public int InFlight => _calls.Count;

    public bool IsAligning { get; private set; }

    public void SentAlign(long call, long now)
    {
        IsAligning = true;
        _calls[call] = new PendingCall(now, default, IsAlign: true);
    }

    public void SentPush(long call, long now, LogOffset watermark) => _calls[call] = new PendingCall(now, watermark, IsAlign: false);

    /// <summary>Takes a call's answer; null where nobody waits for it any more: it was given up, or is a repeat.</summary>
    public PendingCall? End(long call)
    {
        if (!_calls.Remove(call, out var pending))
            return null;
        if (pending.IsAlign)
            IsAligning = false;
        return pending;
    }

    /// <summary>The oldest call that was sent before a moment, or null.</summary>
    public long? FindOverdue(long sentBefore)
    {
        foreach (var (call, pending) in _calls)
            if (pending.SentAt < sentBefore)
                return call;
        return null;
    }

    /// <summary>The replica is aligned and ends there. That may be lower than what it had: its machine lost what was not flushed.</summary>
    public void Aligned(LogOffset end, in PendingCall call, long now)
    {
        IsAligned = KnowsEpoch = true;
        IsRefilling = false;
        MustRewind = false;
        Acknowledged = Next = end;
        ProgressAt = now;
        Confirm(call);
    }

    /// <summary>The replica has taken a push.</summary>
    public void Accepted(LogOffset end, in PendingCall call, long now)
    {
        if (end > Acknowledged)
        {
            Acknowledged = end;
            ProgressAt = now;
        }

        if (call.Watermark > KnownWatermark)
            KnownWatermark = call.Watermark;
        Confirm(call);
    }

    public void Failed(bool unreachable, long retryAt)
    {
        Failures++;
        IsUnreachable = unreachable;
        RetryAt = retryAt;
        MustRewind = true;
    }

    public void LostAlignment()
    {
        IsAligned = false;
        MustRewind = true;
    }

    /// <summary>Its node came or went: what it has now is asked at once. What the former one still answers counts no more.</summary>
    public void NodeChanged()
    {
        LostAlignment();
        _calls.Clear();
        IsAligning = false;
        RetryAt = 0;
    }

    public void GapFound() => MustRewind = true;

    /// <summary>Goes back to what is acknowledged, once nothing is under way.</summary>
    public void Rewind()
    {
        Next = Acknowledged;
        MustRewind = false;
    }

    private void Confirm(in PendingCall call)
    {
        Failures = 0;
        IsUnreachable = false;
        ConfirmedAt = Math.Max(ConfirmedAt, call.SentAt);
    }

    /// <summary>A call that was sent and not answered yet.</summary>
    internal readonly record struct PendingCall(long SentAt, LogOffset Watermark, bool IsAlign);
}
