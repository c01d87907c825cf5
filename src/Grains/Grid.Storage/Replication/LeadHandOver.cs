using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Replication;

/// <summary>How a leader gives its lead away: at a clean stop, in a move, or back to the preferred leader. Used by its term alone.</summary>
internal sealed class LeadHandOver(LeaderTerm term, BucketLog log, ReplicaContext context)
{
    private ImmutableArray<NodeName> _heirs = [];
    private long _retryAt;
    private long _until;
    private long _againAt;
    private long _preferredSince;

    /// <summary>Whether no more writes are taken because another replica is to lead.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Whether the last attempt, if there was one, is long enough ago.</summary>
    public bool MayBegin(long now) => now >= _againAt;

    /// <summary>Hands the lead over to one of the heirs, the first that can; none named: to any replica in sync.</summary>
    public void Begin(ImmutableArray<NodeName> heirs, long now)
    {
        _heirs = heirs;
        IsUnderWay = true;
        _preferredSince = 0;
        _retryAt = 0;
        _until = now + context.Ticks(context.Options.ReplicaTimeoutMs);
        Try(now);
    }

    /// <summary>Once everything is committed, asks an heir that has it all to lead; gives up after a while.</summary>
    public void Try(long now)
    {
        if (!IsUnderWay || term.IsDeposed)
            return;
        if (now > _until)
        {
            // Nobody took it: better this leader than none. Writers get some time before it is tried again.
            IsUnderWay = false;
            _againAt = now + (2 * context.Ticks(context.Options.ReplicaTimeoutMs));
            return;
        }

        if (now < _retryAt || term.Commit < log.EndOffset)
            return;
        foreach (var node in Order())
        {
            // Those behind the first of the heirs only when that one did not take it for a while.
            if (!_heirs.IsEmpty && node != _heirs[0] && now < _until - (context.Ticks(context.Options.ReplicaTimeoutMs) / 2))
                return;
            if (!term.Record.InSync.Contains(node) || term.Find(node) is not { IsAligned: true, Failures: 0 } heir || heir.Acknowledged != log.EndOffset)
                continue;
            _retryAt = now + context.Ticks(context.Options.CallTimeoutMs);
            context.Outbox.HandOver(node, term.Epoch);
            return;
        }
    }

    /// <summary>The lead goes back to the preferred leader, the first of the replicas, when that one was in sync and answered all the time for a while.</summary>
    public void ReturnLead(long now)
    {
        var preferred = term.Record.Replicas[0];
        if (context.Options.PreferredLeaderAfterMs == 0 || preferred == context.Self || term.IsDeposed || IsUnderWay || !term.IsEstablished || !term.Record.Target.IsDefaultOrEmpty
            || !term.Record.InSync.Contains(preferred) || term.Find(preferred) is not { } follower || !term.IsCaughtUp(follower))
            _preferredSince = 0;
        else if (_preferredSince == 0)
            _preferredSince = now;
        else if (now - _preferredSince >= context.Ticks(context.Options.PreferredLeaderAfterMs) && MayBegin(now) && term.IsReady(preferred, now))
            Begin([preferred], now);
    }

    /// <summary>Milliseconds until <see cref="ReturnLead"/> has something to do, for a leader that has nothing else to do; null: never.</summary>
    public int? ReturnsLeadAfter(long now)
    {
        var preferred = term.Record.Replicas[0];
        if (_preferredSince == 0)
            return context.Options.PreferredLeaderAfterMs == 0 || preferred == context.Self || !term.Record.InSync.Contains(preferred) ? null : context.Options.RetryDelayMsMax;
        var ticks = Math.Max(_preferredSince + context.Ticks(context.Options.PreferredLeaderAfterMs), _againAt) - now;
        return (int)Math.Clamp(ticks * 1000 / context.Time.TimestampFrequency + 1, context.Options.RetryDelayMs, int.MaxValue);
    }

    private ImmutableArray<NodeName> Order()
    {
        if (!_heirs.IsEmpty)
            return _heirs;
        var record = term.Record;
        return record.Target.IsDefaultOrEmpty ? record.Replicas : record.Target.AddRange(record.Replicas);
    }
}
