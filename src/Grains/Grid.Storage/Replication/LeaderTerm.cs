using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Log;
using Grid.Storage.Objects;

namespace Grid.Storage.Replication;

/// <summary>
/// One leadership: what the other replicas have, what therefore is committed, and which of them are in sync. Used by the bucket's loop alone.
/// <para>
/// Why nothing committed is lost. An offset is committed when every replica that may lead next has it: the in-sync set of the record, and of a change of it whose outcome
/// is not known. A replica leaves the set by compare-and-swap at this epoch, before the watermark moves without it; it comes back when it has everything committed, and
/// counts from the moment the change was asked for. Whoever deposes this leader changes the record first, so every later change of ours loses.
/// </para>
/// </summary>
internal sealed class LeaderTerm
{
    private readonly NodeName _self;
    private readonly BucketLog _log;
    private readonly ReplicaContext _context;
    private readonly RecordKeeper _keeper;
    private readonly Dictionary<NodeName, FollowerProgress> _followers = [];
    private readonly LogOffset _takeoverEnd;
    private readonly FollowerSender _sender;
    private readonly RecordPlan _plan;
    private LogOffset _localEnd;
    private LogOffset _seenEnd;
    private long _leaseUntil;
    private bool _leaseWanted;

    /// <summary>Begins a term.</summary>
    /// <param name="record">The record that names this node.</param>
    /// <param name="log">The log.</param>
    /// <param name="context">Who it is and whom it speaks to.</param>
    /// <param name="heardAt">When this node last accepted a call of an earlier leader; null: that is not known.</param>
    public LeaderTerm(VersionedRecord record, BucketLog log, ReplicaContext context, long? heardAt)
    {
        _self = context.Self;
        _log = log;
        _context = context;
        _keeper = new RecordKeeper(record, context);
        Epoch = record.Record.Epoch;
        _sender = new FollowerSender(Epoch, log, context);
        _plan = new RecordPlan(this, context, Math.Max((heardAt ?? Now) + context.Ticks(context.Options.LeaseMs), Now + context.Ticks(context.Options.RecordLeaseMs)));
        HandOver = new LeadHandOver(this, log, context);
        Commit = log.HighWatermark;
        _takeoverEnd = _localEnd = _seenEnd = log.EndOffset;
        MeetReplicas();
        Recompute();
    }

    public LeaderEpoch Epoch { get; }

    /// <summary>Everything below it is committed.</summary>
    public LogOffset Commit { get; private set; }

    /// <summary>Whether all that the log held when the term began is committed: from then on it serves.</summary>
    public bool IsEstablished => Commit >= _takeoverEnd;

    /// <summary>Whether somebody else leads, or the bucket is gone: the term is over.</summary>
    public bool IsDeposed { get; private set; }

    /// <summary>How the lead is given away.</summary>
    public LeadHandOver HandOver { get; }

    public BucketRecord Record => _keeper.Current.Record;

    /// <summary>The record's tag.</summary>
    public ObjectTag Tag => _keeper.Current.Tag;

    public IReadOnlyCollection<FollowerProgress> Followers => _followers.Values;

    /// <summary>Reads are served until this moment, in <see cref="TimeProvider.GetTimestamp"/>'s ticks. Any thread.</summary>
    public long LeaseUntil => Volatile.Read(ref _leaseUntil);

    private long Now => _context.Time.GetTimestamp();

    /// <summary>Why no write may begin; null: it may.</summary>
    public Refusal? WriteRefusal()
    {
        if (IsDeposed || HandOver.IsUnderWay)
            return NotLeader();
        var responsive = 1 + _followers.Values.Count(IsResponsive);
        var required = _context.MinInSync(Record);
        if (Record.InSync.Length >= required && responsive >= required)
            return null;
        return new Refusal(GridErrorCode.NotEnoughReplicas,
            $"{Math.Min(responsive, Record.InSync.Length)} of {Record.Replicas.Length} replicas are in sync and answer, {required} must; nothing was written. "
            + $"In sync are [{string.Join(", ", Record.InSync)}]. Start the missing nodes and send again; reads go on.", responsive);
    }

    /// <summary>Whether what was appended cannot be committed for want of replicas, and has waited long enough.</summary>
    public bool IsStalled() => Commit < _localEnd && _followers.Values.Any(follower => _keeper.MayLeadNext(follower.Node) && IsStalled(follower)) && !_plan.MayShrink();

    /// <summary>Frames were appended, and may not be on this node's disk yet: the replicas get them at the same time.</summary>
    public void Appended()
    {
        var now = Now;
        foreach (var follower in _followers.Values)
            if (follower.Acknowledged == _seenEnd)
                follower.ProgressAt = now;
        _seenEnd = _log.EndOffset;
        foreach (var follower in _followers.Values)
            Pump(follower, now);
    }

    /// <summary>This node has its log's frames, as durably as the policy asks.</summary>
    public void LocallyDurable()
    {
        _localEnd = _log.EndOffset;
        Recompute();
    }

    public void OnAnswer(NodeName node, long call, ReplicaAnswer answer)
    {
        if (!_followers.TryGetValue(node, out var follower) || follower.End(call) is not { } pending)
            return;
        var now = Now;
        switch (answer.Outcome)
        {
            case ReplicaOutcome.Accepted when pending.IsAlign:
                follower.Aligned(Min(answer.EndOffset, _log.EndOffset), pending, now);
                break;
            case ReplicaOutcome.Accepted:
                follower.Accepted(Min(answer.EndOffset, _log.EndOffset), pending, now);
                break;
            case ReplicaOutcome.StaleEpoch when answer.Epoch > Epoch:
                IsDeposed = true;
                return;
            case ReplicaOutcome.NotAligned:
                follower.LostAlignment();
                break;
            case ReplicaOutcome.Gap:
                follower.GapFound();
                break;
            case ReplicaOutcome.NeedsRefill:
                if (!follower.IsRefilling)
                    _context.Outbox.Refill(node, answer.Reason ?? "");
                follower.IsRefilling = true;
                break;
            default:
                _sender.Fail(follower, unreachable: false, now);
                break;
        }

        Recompute();
        Pump(follower, now);
        Propose(now);
    }

    public void OnFailed(NodeName node, long call, bool unreachable)
    {
        if (!_followers.TryGetValue(node, out var follower) || follower.End(call) is null)
            return;
        var now = Now;
        _sender.Fail(follower, unreachable, now);
        if (_leaseWanted)
            _keeper.Confirm();
        Propose(now);
    }

    /// <summary>A node came or went. Its copy may be away, or lost; where nothing is written no push would find that out.</summary>
    public void OnNodeChanged(NodeName node)
    {
        if (!_followers.TryGetValue(node, out var follower))
            return;
        follower.NodeChanged();
        Pump(follower, Now);
    }

    /// <summary>A refill of a replica ended: it is aligned again, after one that failed not at once.</summary>
    public void OnRefillEnded(NodeName node, bool done)
    {
        if (!_followers.TryGetValue(node, out var follower))
            return;
        var now = Now;
        follower.IsRefilling = false;
        follower.LostAlignment();
        if (!done)
            follower.Failed(unreachable: false, now + _context.Ticks(_context.Options.RetryDelayMsMax));
        Pump(follower, now);
    }

    public void OnRecordReplaced(long call, VersionedRecord? outcome, bool unknown)
    {
        _keeper.OnReplaced(call, outcome, unknown, Now);
        RecordChanged();
    }

    public void OnRecordRead(long call, VersionedRecord? read, bool failed)
    {
        if (!_keeper.OnRead(call, read, failed, Now))
        {
            IsDeposed = true;
            return;
        }

        RecordChanged();
    }

    /// <summary>Wants <see cref="LeaseUntil"/> to be in the future: asks every replica that could depose this leader, or the record where one of them is silent.</summary>
    public void RenewLease()
    {
        _leaseWanted = true;
        var now = Now;
        foreach (var follower in _followers.Values)
        {
            if (!_keeper.MayLeadNext(follower.Node))
                continue;
            if (follower.IsAligned && follower.Failures == 0 && follower.InFlight == 0)
                _sender.PushWatermark(follower, Commit, now);
            else if (follower.InFlight == 0)
                _keeper.Confirm();
        }
    }

    /// <summary>Stops taking writes; once everything is committed, a replica that has it all is asked to lead. False, and nothing happens, where no other replica is in sync.</summary>
    public bool BeginHandOver()
    {
        if (Record.InSync.All(node => node == _self))
            return false;
        HandOver.Begin(heirs: [], Now);
        return true;
    }

    /// <summary>The record may have been changed by somebody who does not lead: an operator's target.</summary>
    public void LookAtRecord() => _keeper.Confirm();

    /// <summary>Looks at the clock: calls that are overdue, replicas that stall, what is to be tried again.</summary>
    public void Tick()
    {
        var now = Now;
        var overdue = now - _context.Ticks(_context.Options.CallTimeoutMs);
        foreach (var follower in _followers.Values)
        {
            while (follower.FindOverdue(overdue) is { } call)
            {
                follower.End(call);
                _sender.Fail(follower, unreachable: false, now);
                if (_leaseWanted)
                    _keeper.Confirm();
            }

            Pump(follower, now);
        }

        _keeper.Tick(now);
        Propose(now);
        HandOver.ReturnLead(now);
        HandOver.Try(now);
    }

    /// <summary>Milliseconds until <see cref="Tick"/> has something to do; null: nothing until something happens.</summary>
    public int? WantsTickAfter()
    {
        if (IsDeposed)
            return null;
        var busy = _keeper.IsBusy || HandOver.IsUnderWay || Commit < _log.EndOffset
            || _followers.Values.Any(follower => follower.InFlight > 0 || follower.Failures > 0 || follower.IsRefilling || !follower.IsAligned || follower.Acknowledged < _log.EndOffset
                || follower.KnownWatermark < Commit || !Record.InSync.Contains(follower.Node)) || !Record.Target.IsDefaultOrEmpty;
        if (!busy)
            return HandOver.ReturnsLeadAfter(Now);

        // Nothing but a replica that is not there: no hurry.
        return _followers.Values.All(follower => follower.Failures > 0 || IsCaughtUp(follower)) && !_keeper.IsBusy && !HandOver.IsUnderWay && Commit == _log.EndOffset
            ? _context.Options.RetryDelayMsMax
            : _context.Options.RetryDelayMs;
    }

    /// <summary>What is known of another replica; null: it is none.</summary>
    public FollowerProgress? Find(NodeName node) => _followers.GetValueOrDefault(node);

    /// <summary>Whether a replica has everything and answered a moment ago; one that had nothing to answer is asked.</summary>
    public bool IsReady(NodeName node, long now)
    {
        if (node == _self)
            return true;
        if (Find(node) is not { } follower || !IsCaughtUp(follower))
            return false;
        if (now - follower.ConfirmedAt <= _context.Ticks(_context.Options.ReplicaTimeoutMs))
            return true;
        if (follower.InFlight == 0 && follower.RetryAt <= now)
            _sender.PushWatermark(follower, Commit, now);
        return false;
    }

    /// <summary>Whether a replica has everything committed, also what the log held when the term began.</summary>
    public bool IsCaughtUp(FollowerProgress follower) =>
        follower.IsAligned && follower.Failures == 0 && follower.Acknowledged >= Commit && follower.Acknowledged >= _takeoverEnd;

    /// <summary>Whether a replica that lacks something is away, or came no nearer to the log's end for a while.</summary>
    public bool IsStalled(FollowerProgress follower)
    {
        if (follower.IsAligned && follower.Acknowledged >= _log.EndOffset)
            return false;
        return follower.IsUnreachable || follower.IsRefilling || Now - follower.ProgressAt > _context.Ticks(_context.Options.ReplicaTimeoutMs);
    }

    private static LogOffset Min(LogOffset left, LogOffset right) => left < right ? left : right;

    private bool IsResponsive(FollowerProgress follower) => Record.InSync.Contains(follower.Node) && follower.IsAligned && !IsStalled(follower);

    private Refusal NotLeader() => new(GridErrorCode.NotLeader, $"Node {_self} does not lead the bucket at epoch {Epoch} any more; ask again.");

    private void RecordChanged()
    {
        MeetReplicas();
        Recompute();
        Tick();
    }

    private void MeetReplicas()
    {
        var now = Now;
        foreach (var node in Record.Replicas)
            if (node != _self && !_followers.ContainsKey(node))
                _followers.Add(node, new FollowerProgress(node, now));
        foreach (var node in _followers.Keys.Where(node => !Record.Replicas.Contains(node)).ToArray())
        {
            _followers.Remove(node);
            _context.Outbox.Release(node);
        }
    }

    private void Recompute()
    {
        var commit = _localEnd;
        var confirmed = long.MaxValue;
        foreach (var follower in _followers.Values)
        {
            if (!_keeper.MayLeadNext(follower.Node))
                continue;
            commit = Min(commit, follower.Acknowledged);
            confirmed = Math.Min(confirmed, follower.ConfirmedAt);
        }

        if (commit > Commit)
            Commit = commit;
        var byReplicas = confirmed == long.MaxValue ? confirmed : confirmed == 0 ? 0 : confirmed + _context.Ticks(_context.Options.LeaseMs);
        var byRecord = _keeper.ConfirmedAt == 0 ? 0 : _keeper.ConfirmedAt + _context.Ticks(_context.Options.RecordLeaseMs);
        var until = Math.Max(byReplicas, byRecord);
        Volatile.Write(ref _leaseUntil, until);
        if (until > Now)
            _leaseWanted = false;
    }

    private void Pump(FollowerProgress follower, long now)
    {
        if (!IsDeposed)
            _sender.Pump(follower, Commit, now);
    }

    /// <summary>At most one change of the record at a time.</summary>
    private void Propose(long now)
    {
        if (IsDeposed || _keeper.IsBusy)
            return;
        var next = _plan.Next(now);
        if (next.Equals(Record))
            return;
        _keeper.Propose(next, now);
        Recompute();
    }
}
