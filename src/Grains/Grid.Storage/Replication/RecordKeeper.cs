using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>
/// The record as its leader knows it, and the one change that may be under way. While a change's outcome is not known, whoever is in sync before or after it may lead
/// next. A change whose outcome is unknown is asked for again against the same tag until it is won or lost: only then can an earlier request not take effect any more.
/// </summary>
internal sealed class RecordKeeper(VersionedRecord current, ReplicaContext context)
{
    private BucketRecord? _proposal;
    private long _call;
    private bool _mustRead;
    private long _sentAt;
    private long _retryAt;
    private int _failures;

    public VersionedRecord Current { get; private set; } = current;

    /// <summary>When the newest successful look at the record was sent: then nobody else led. 0: never.</summary>
    public long ConfirmedAt { get; private set; }

    /// <summary>Whether a change or a look is under way or has to be tried again.</summary>
    public bool IsBusy => _proposal is not null || _mustRead;

    /// <summary>Whether that node could become leader without this one's doing.</summary>
    public bool MayLeadNext(NodeName node) => Current.Record.InSync.Contains(node) || (_proposal is not null && _proposal.InSync.Contains(node));

    /// <summary>Asks for a change.</summary>
    public void Propose(BucketRecord next, long now)
    {
        _proposal = next;
        Send(now);
    }

    /// <summary>Asks whether the record still names this leader.</summary>
    public void Confirm()
    {
        if (IsBusy)
            return;
        _mustRead = true;
        Send(context.Time.GetTimestamp());
    }

    public void OnReplaced(long call, VersionedRecord? outcome, bool unknown, long now)
    {
        if (!End(call))
            return;
        if (outcome is not null)
        {
            Current = outcome;
            _proposal = null;
            Succeeded();
        }
        else if (unknown)
        {
            RetryLater(now);
        }
        else
        {
            // Somebody else changed it: an operator's target, an earlier request of ours, or a new leader. Reading tells; until then the proposal counts.
            _mustRead = true;
            Send(now);
        }
    }

    /// <summary>Takes the record as read; false: this leader is deposed.</summary>
    public bool OnRead(long call, VersionedRecord? read, bool failed, long now)
    {
        if (!End(call))
            return true;
        if (failed)
        {
            RetryLater(now);
            return true;
        }

        _mustRead = false;
        _proposal = null;
        if (read is null || read.Record.Epoch != Current.Record.Epoch || read.Record.Leader != Current.Record.Leader)
            return false;
        Current = read;
        Succeeded();
        return true;
    }

    public void Tick(long now)
    {
        if (_call == 0 && IsBusy && now >= _retryAt)
            Send(now);
    }

    private void Send(long now)
    {
        _call = context.NextCall();
        _sentAt = now;
        if (_mustRead)
            context.Outbox.ReadRecord(_call);
        else
            context.Outbox.ReplaceRecord(Current, _proposal!, _call);
    }

    private bool End(long call)
    {
        if (call != _call)
            return false;
        _call = 0;
        return true;
    }

    private void Succeeded()
    {
        _failures = 0;
        ConfirmedAt = Math.Max(ConfirmedAt, _sentAt);
    }

    private void RetryLater(long now)
    {
        var delayMs = Math.Min(context.Options.RetryDelayMsMax, context.Options.RetryDelayMs << Math.Min(_failures++, 10));
        _retryAt = now + context.Ticks(delayMs);
    }
}
