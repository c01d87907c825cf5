using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Kv;
using Grid.Storage.Log;

namespace Grid.Storage.Replication;

/// <summary>
/// A bucket's copy on one node, as a state machine: inputs are method calls, one at a time on the bucket's loop (or in the simulator); outputs go to the outbox, the observer and the commit
/// listener. It never waits: an answer comes as another input. docs/replication.md has the protocol, its invariants and the argument why they hold.
/// </summary>
internal sealed class BucketReplica : IDisposable
{
    private readonly ReplicaContext _context;
    private readonly BucketLog _log;
    private readonly IReplicaObserver _observer;
    private readonly FollowerSide _follower;
    private readonly CommittedFrames _committed;
    private readonly ReplicaMemory _memory;
    private readonly Strangers _strangers;
    private readonly TakeOver _takeOver;
    private ICommitListener? _listener;
    private bool _closed;
    private long _wakeAt = long.MaxValue;
    private volatile LeaderTerm? _term;
    private volatile ReplicaRole _role;

    /// <summary>Makes the replica over a log and a shard that are open; it follows nobody yet.</summary>
    /// <param name="context">Who it is and whom it speaks to.</param>
    /// <param name="state">What it remembered; null: nothing, so its folder is new or was lost.</param>
    /// <param name="log">The log, opened with the state's watermark.</param>
    /// <param name="shard">The shard, filled no further than the log's watermark; null in a log table.</param>
    /// <param name="committed">Applies what is committed; disposed with the replica.</param>
    /// <param name="observer">Learns of roles.</param>
    public BucketReplica(ReplicaContext context, ReplicaState? state, BucketLog log, KeyValueShard? shard, CommittedFrames committed, IReplicaObserver observer)
    {
        _context = context;
        _log = log;
        _observer = observer;
        _committed = committed;
        _follower = new FollowerSide(context, log, shard, _committed);
        _memory = new ReplicaMemory(context, state, log, observer);
        _strangers = new Strangers(context, Align);
        _takeOver = new TakeOver(context, _memory, _follower);
    }

    /// <summary>What it does. Any thread.</summary>
    public ReplicaRole Role => _role;

    /// <summary>The highest epoch it promised to.</summary>
    public LeaderEpoch Epoch => _memory.Epoch;

    /// <summary>The present leadership of this node; null: it does not lead. Any thread may read <see cref="LeaderTerm.LeaseUntil"/>.</summary>
    public LeaderTerm? Term => _term;

    /// <summary>Whom it follows.</summary>
    public NodeName? Leader => _term is null ? _follower.Leader : _context.Self;

    /// <summary>Whether it leads, or has applied at least what the leader that it follows knew to be committed when they met. Any thread.</summary>
    public bool HasCaughtUp => _role != ReplicaRole.Following || _follower.HasCaughtUp;

    /// <summary>
    /// Whether its log is known to have everything it ever acknowledged. It is not where the folder was lost, nor where the machine went down while the policy left flushing to the operating
    /// system: such a replica must not lead as long as another one may.
    /// </summary>
    public bool IsComplete => _memory.IsComplete;

    public void Attach(ICommitListener listener) => _listener = listener;

    /// <summary>Leads without a record and without others: the engine alone, as tests and tools use it.</summary>
    public void LeadAlone()
    {
        var alone = new BucketRecord { Epoch = default, Leader = _context.Self, Replicas = [_context.Self], InSync = [_context.Self] };
        _term = new LeaderTerm(new VersionedRecord(alone, default), _log, _context, heardAt: null);
        _role = ReplicaRole.Leading;
    }

    /// <summary>Takes a changed table.</summary>
    public void Update(TableInfo table, bool flushesEveryGroup)
    {
        _context.Table = table;
        if (_follower.FlushesEveryGroup == flushesEveryGroup)
            return;
        _follower.FlushesEveryGroup = flushesEveryGroup;
        if (_memory.HasState && IsComplete)
            _memory.NoteComplete(flushesEveryGroup);
    }

    /// <summary>Why a write cannot begin; null: it can.</summary>
    public Refusal? WriteRefusal() => _role == ReplicaRole.Leading ? _term!.WriteRefusal() : NotLeader();

    /// <summary>
    /// Begins to take the lead over. The outcome shows as a role: <see cref="ReplicaRole.Leading"/>, or <see cref="ReplicaRole.Following"/> with the reason.
    /// </summary>
    /// <param name="record">The record as just read or created.</param>
    public void Lead(VersionedRecord record)
    {
        if (!_closed && _role == ReplicaRole.Following)
            TakingOver(_takeOver.Begin(record));
    }

    /// <summary>Stops taking writes and asks another replica to lead, once that one has everything. False, and nothing happens, where there is none.</summary>
    public bool HandOver()
    {
        var begun = _term?.BeginHandOver() ?? false;
        Advance();
        return begun;
    }

    /// <summary>This node cannot write any more: another one in sync is to lead.</summary>
    public void Resign(Refusal why)
    {
        if (_term is not { } term)
            return;
        var record = new VersionedRecord(term.Record, term.Tag);
        StepDown(why);
        _takeOver.PassOn(record);
    }

    /// <summary>Wants the leader's lease renewed.</summary>
    public void RenewLease()
    {
        _term?.RenewLease();
        Advance();
    }

    /// <summary>Frames were appended by the writer: the other replicas get them; call <see cref="LocallyDurable"/> next.</summary>
    public void Appended() => _term!.Appended();

    /// <summary>What was appended is as durable on this node as the policy asks.</summary>
    public void LocallyDurable()
    {
        _term!.LocallyDurable();
        Advance();
    }

    /// <summary>The record may have been changed by somebody who does not lead.</summary>
    public void LookAtRecord()
    {
        _term?.LookAtRecord();
        Advance();
    }

    /// <summary>A leader's first word; answered once, here or later.</summary>
    public void Align(AlignRequest request, Action<ReplicaAnswer> reply)
    {
        if (Refuse(request.Epoch, request.Leader) is { } refusal)
            reply(refusal);
        else if (_memory.HasState)
            reply(Align(request));
        else
            _strangers.Ask(request, reply);
    }

    /// <summary>A leader's frames; answered here or in <see cref="Settle"/>.</summary>
    public void Push(PushRequest request, Action<ReplicaAnswer> reply)
    {
        if (Refuse(request.Epoch, request.Leader) is { } refusal)
            reply(refusal);
        else if (request.Epoch > Epoch || _role != ReplicaRole.Following)
            reply(new ReplicaAnswer { Outcome = ReplicaOutcome.NotAligned, Epoch = Epoch, EndOffset = _log.EndOffset });
        else
            _follower.Push(request, reply);
    }

    /// <summary>After a bunch of inputs: flushes, answers, applies what is committed.</summary>
    public void Settle()
    {
        if (_role != ReplicaRole.Following)
            return;
        try
        {
            _follower.Settle();
        }
        catch (Exception e) when (e is IOException or GridException)
        {
            _observer.Alarmed($"what is committed could not be applied: {e.Message}");
            _follower.Leave(Epoch);
            return;
        }

        if (_follower.HasAllCommitted && !IsComplete)
            _memory.NoteComplete(_follower.FlushesEveryGroup);
        _memory.NoteWatermark(force: false);
    }

    public void OnAnswer(NodeName node, long call, ReplicaAnswer answer)
    {
        _term?.OnAnswer(node, call, answer);
        Advance();
    }

    public void OnFailed(NodeName node, long call, bool unreachable)
    {
        _term?.OnFailed(node, call, unreachable);
        Advance();
    }

    /// <summary>Another node came or went: a leader asks what its copy has.</summary>
    public void OnNodeChanged(NodeName node)
    {
        _term?.OnNodeChanged(node);
        Advance();
    }

    public void OnRefillEnded(NodeName node, bool done)
    {
        _term?.OnRefillEnded(node, done);
        Advance();
    }

    /// <summary>The outcome of a replace: the new record, or null where the race was lost or the outcome is not known.</summary>
    public void OnRecordReplaced(long call, VersionedRecord? outcome, bool unknown)
    {
        if (_term is not null)
            _term.OnRecordReplaced(call, outcome, unknown);
        else if (IsTakeOver(call) && outcome is not null)
            BeginTerm(outcome);
        else if (IsTakeOver(call))
            _takeOver.LookUp();
        Advance();
    }

    /// <summary>The record as read; null: it is gone, or could not be read.</summary>
    public void OnRecordRead(long call, VersionedRecord? read, bool failed)
    {
        if (_strangers.Asked(call))
            _strangers.Meet(failed ? null : read?.Record);
        else if (_term is not null)
            _term.OnRecordRead(call, read, failed);
        else if (IsTakeOver(call))
            TakingOver(_takeOver.OnRead(read, failed));
        Advance();
    }

    /// <summary>Looks at the clock.</summary>
    public void Tick()
    {
        _wakeAt = long.MaxValue;
        _term?.Tick();
        Advance();
        _memory.NoteWatermark(force: false);
    }

    /// <summary>The bucket closes: notes how far it was.</summary>
    public void Close()
    {
        _closed = true;
        if (_role != ReplicaRole.Following)
            StepDown(new Refusal(GridErrorCode.Closing, "The bucket is closing; send again."));
        _strangers.Meet(null);
        _follower.Leave(Epoch);
        _memory.NoteWatermark(force: true);
    }

    public void Dispose() => _committed.Dispose();

    private bool IsTakeOver(long call) => _role == ReplicaRole.TakingOver && _takeOver.Owns(call);

    /// <summary>Null: the sender may be the leader.</summary>
    private ReplicaAnswer? Refuse(LeaderEpoch epoch, NodeName leader)
    {
        if (_closed)
            return new ReplicaAnswer { Outcome = ReplicaOutcome.NotAligned, Epoch = Epoch };
        var rival = epoch == Epoch && Leader is { } known && known != leader && (_term is not null || _follower.AlignedEpoch == epoch);
        return epoch < Epoch || rival
            ? new ReplicaAnswer { Outcome = ReplicaOutcome.StaleEpoch, Epoch = Epoch, EndOffset = _log.EndOffset, HighWatermark = _log.HighWatermark }
            : null;
    }

    private ReplicaAnswer Align(AlignRequest request)
    {
        if (Refuse(request.Epoch, request.Leader) is { } refusal)
            return refusal;
        if (_role != ReplicaRole.Following)
            StepDown(NotLeader());
        _follower.Settle();

        // Promised before anything is cut or taken.
        if ((request.Epoch > Epoch || !_memory.HasState) && !_memory.Promise(request.Epoch))
            return new ReplicaAnswer { Outcome = ReplicaOutcome.Failed, Epoch = Epoch, Reason = "the promise of the epoch could not be written" };

        var answer = _follower.Align(request);
        if (answer.Outcome == ReplicaOutcome.Failed)
            _observer.Alarmed(answer.Reason ?? "");
        return answer;
    }

    /// <summary>A take-over goes on, or ends with a refusal.</summary>
    private void TakingOver(Refusal? why)
    {
        if (why is null)
            SetRole(ReplicaRole.TakingOver, null);
        else
            Give(why);
    }

    private void BeginTerm(VersionedRecord record)
    {
        _takeOver.End();
        _follower.Leave(record.Record.Epoch);
        if (!_memory.BeginTerm(record.Record.Epoch, _follower.FlushesEveryGroup))
        {
            Give(_takeOver.CannotWrite());
            _takeOver.PassOn(record);
            return;
        }

        _term = new LeaderTerm(record, _log, _context, _follower.HeardAt);
        SetRole(ReplicaRole.Aligning, null);
        _term.Tick();
    }

    /// <summary>After every input of a leader: what follows from it.</summary>
    private void Advance()
    {
        if (_term is not { } term)
            return;
        if (term.IsDeposed)
        {
            StepDown(NotLeader());
            return;
        }

        if (_role == ReplicaRole.Aligning && !Establish(term))
            return;
        if (_role == ReplicaRole.Leading)
        {
            _listener?.Committed(term.Commit);
            if (term.IsStalled())
                _listener?.Aborted(term.WriteRefusal() ?? NotLeader());
        }

        // The listener may have stopped writing, and with it the term.
        if (_term is null)
            return;
        _observer.LeaseMayHaveChanged();
        WakeInTime(term);
    }

    /// <summary>Inputs may come faster than the clock is looked at: an alarm that is set is never put off.</summary>
    private void WakeInTime(LeaderTerm term)
    {
        if (term.WantsTickAfter() is not { } delayMs)
            return;
        var at = _context.Time.GetTimestamp() + (_context.Ticks(delayMs));
        if (at >= _wakeAt)
            return;
        _wakeAt = at;
        _context.Outbox.WakeAfter(delayMs);
    }

    /// <summary>What the log held when the term began is shown as far as it is committed; once it all is, the term serves.</summary>
    private bool Establish(LeaderTerm term)
    {
        try
        {
            _committed.ApplyTo(term.Commit);
        }
        catch (Exception e) when (e is IOException or GridException or UnauthorizedAccessException)
        {
            _observer.Alarmed(e.Message);
            Resign(new Refusal(GridErrorCode.StorageFailed, $"Node {_context.Self} cannot bring its shard up to the log, so it cannot lead."));
            return false;
        }

        if (term.IsEstablished)
            SetRole(ReplicaRole.Leading, null);
        return true;
    }

    private void StepDown(Refusal why)
    {
        _term = null;
        _takeOver.End();
        SetRole(ReplicaRole.Following, why);
        _listener?.Aborted(why);
    }

    private void Give(Refusal why)
    {
        _takeOver.End();
        SetRole(ReplicaRole.Following, why);
    }

    private void SetRole(ReplicaRole role, Refusal? why)
    {
        _role = role;
        _observer.RoleChanged(role, why);
    }

    private Refusal NotLeader() => new(GridErrorCode.NotLeader,
        $"Node {_context.Self} does not lead the bucket" + (Leader is { } leader && leader != _context.Self ? $"; {leader} does" : "") + ". Ask again: the call finds the leader.");
}
