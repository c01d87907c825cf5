using System.Diagnostics;
using Grid.Abstractions;
using Grid.Storage.Kv;
using Grid.Storage.Log;

namespace Grid.Storage.Replication;

/// <summary>
/// A replica that takes its log from a leader. Used by the bucket's loop alone. Pushes are written as they come and answered together in <see cref="Settle"/>, after one flush where
/// the policy asks for it; what is committed is applied after the answers.
/// </summary>
internal sealed class FollowerSide(ReplicaContext context, BucketLog log, KeyValueShard? shard, CommittedFrames committed)
{
    private readonly List<Action<ReplicaAnswer>> _unanswered = [];
    private readonly SortedList<long, ParkedPush> _parked = [];
    private readonly List<OutgoingFrame> _frames = [];
    private LogOffset _leaderWatermark;
    private LogOffset _catchUpTo;
    private volatile bool _hasCaughtUp;
    private string? _failure;

    /// <summary>Who it follows; null: it was not aligned since it opened, or since it led.</summary>
    public NodeName? Leader { get; private set; }

    /// <summary>The epoch at which it was aligned.</summary>
    public LeaderEpoch AlignedEpoch { get; private set; }

    /// <summary>
    /// Whether everything that is committed is in its log: all that the leader knows to be, and all that the leader's log had when they met. A leader that has only begun does not know yet how much of that
    /// the ones before it committed.
    /// </summary>
    public bool HasAllCommitted => Leader is not null && log.EndOffset >= _leaderWatermark && log.EndOffset >= _catchUpTo;

    /// <summary>Whether it has applied all that its leader's log had when they met: from then on its rows are at most as old as that. Any thread.</summary>
    public bool HasCaughtUp => _hasCaughtUp;

    public bool FlushesEveryGroup { get; set; }

    /// <summary>When it last accepted a call of a leader, in <see cref="TimeProvider.GetTimestamp"/>'s ticks; null: not since it opened.</summary>
    public long? HeardAt { get; private set; }

    /// <summary>
    /// Cuts the log back to what it shares with the leader's. The caller has persisted the epoch. A repeat, or an older request of the same leader that comes late,
    /// changes nothing: frames of the leader's epoch are never cut.
    /// </summary>
    public ReplicaAnswer Align(AlignRequest request)
    {
        DropParked(ReplicaOutcome.NotAligned, request.Epoch);
        try
        {
            var end = EpochHistory.FindDivergence(log.Epochs, log.StartOffset, log.EndOffset, request);
            if (end < log.HighWatermark)
                return Answer(ReplicaOutcome.Failed, request.Epoch,
                    $"aligning at epoch {request.Epoch} would cut the log to {end}, below the committed {log.HighWatermark}; the leader {request.Leader} lacks committed rows");
            if (end < log.EndOffset)
                log.TruncateTo(end);
            if (log.EndOffset < request.StartOffset)
            {
                if (shard is not null)
                    return Answer(ReplicaOutcome.NeedsRefill, request.Epoch, $"the log ends at {log.EndOffset}, the leader's begins at {request.StartOffset}");
                log.ResetTo(request.StartOffset);
            }

            if (FlushesEveryGroup)
                log.Flush();
        }
        catch (Exception e) when (e is IOException or GridException)
        {
            return Answer(ReplicaOutcome.Failed, request.Epoch, e.Message);
        }

        HeardAt = context.Time.GetTimestamp();
        Leader = request.Leader;
        AlignedEpoch = request.Epoch;
        _leaderWatermark = request.HighWatermark;
        _catchUpTo = request.EndOffset;
        _hasCaughtUp = log.HighWatermark >= _catchUpTo;
        return Answer(ReplicaOutcome.Accepted, request.Epoch);
    }

    /// <summary>Takes frames, or parks them until those before them come. Answered once, in this call or in <see cref="Settle"/>. The request's block is the caller's; it is kept
    /// (with a reference of its own) as long as the push is parked.</summary>
    public void Push(PushRequest request, Action<ReplicaAnswer> reply)
    {
        if (Leader is null || AlignedEpoch != request.Epoch)
        {
            reply(Answer(ReplicaOutcome.NotAligned, request.Epoch));
            return;
        }

        HeardAt = context.Time.GetTimestamp();
        if (request.HighWatermark > _leaderWatermark)
            _leaderWatermark = request.HighWatermark;
        if (request.Frames is { } frames && request.BaseOffset > log.EndOffset)
        {
            Park(request, frames, reply);
            return;
        }

        Take(request.Frames, reply);
        while (_parked.Count > 0 && _parked.GetValueAtIndex(0) is var parked && parked.BaseOffset <= log.EndOffset)
        {
            _parked.RemoveAt(0);
            Take(parked.Frames, parked.Reply);
            parked.Frames.Dispose();
        }
    }

    /// <summary>Flushes what was taken, answers, applies what is committed.</summary>
    public void Settle()
    {
        if (_unanswered.Count > 0)
        {
            if (_failure is null && FlushesEveryGroup)
                Try(log.Flush);
            var answer = _failure is null ? Answer(ReplicaOutcome.Accepted, AlignedEpoch) : Answer(ReplicaOutcome.Failed, AlignedEpoch, _failure);
            foreach (var reply in _unanswered)
                reply(answer);
            _unanswered.Clear();
            _failure = null;
        }

        if (Leader is null)
            return;
        var commit = _leaderWatermark < log.EndOffset ? _leaderWatermark : log.EndOffset;
        if (commit > log.HighWatermark)
            committed.ApplyTo(commit);
        if (!_hasCaughtUp && log.HighWatermark >= _catchUpTo)
            _hasCaughtUp = true;
    }

    /// <summary>Follows nobody any more: it leads, or closes.</summary>
    public void Leave(LeaderEpoch epoch)
    {
        DropParked(ReplicaOutcome.StaleEpoch, epoch);
        Settle();
        Leader = null;
        _hasCaughtUp = false;
    }

    private ReplicaAnswer Answer(ReplicaOutcome outcome, LeaderEpoch epoch, string? reason = null) =>
        new() { Outcome = outcome, Epoch = epoch, EndOffset = log.EndOffset, HighWatermark = log.HighWatermark, Reason = reason };

    private void Take(FrameBlock? block, Action<ReplicaAnswer> reply)
    {
        if (block is not null && _failure is null)
            Try(() => Append(block));
        _unanswered.Add(reply);
    }

    private void Append(FrameBlock block)
    {
        _frames.Clear();
        var next = log.EndOffset;
        var epoch = log.LastEpoch;
        var reader = new FrameReader(block.Memory);
        while (reader.Read())
        {
            var header = reader.Current.Header;
            if (header.EndOffset <= next)
                continue; // it is here already: an earlier push, answered or not
            if (header.BaseOffset != next || header.Epoch < epoch || header.Epoch > AlignedEpoch)
                throw new GridException(GridErrorCode.Corrupt,
                    $"A pushed frame has offset {header.BaseOffset} and epoch {header.Epoch}; expected are offset {next} and an epoch from {epoch} to {AlignedEpoch}.");
            if (header.SchemaVersion.Value < 1 || header.SchemaVersion.Value > context.Table.Schemas.Length)
                throw new GridException(GridErrorCode.SchemaMismatch,
                    $"A pushed frame has schema version {header.SchemaVersion}; this replica knows 1 to {context.Table.Schemas.Length}.");
            _frames.Add(new OutgoingFrame(header, reader.Current.Message));
            next = header.EndOffset;
            epoch = header.Epoch;
        }

        if (_frames.Count > 0)
            log.AppendStamped(_frames);
        _frames.Clear();
    }

    private void Park(PushRequest request, FrameBlock frames, Action<ReplicaAnswer> reply)
    {
        // One that was sent again takes the place of the first, whose caller gave up.
        if (_parked.Remove(request.BaseOffset.Value, out var earlier))
            Drop(earlier, ReplicaOutcome.Gap, AlignedEpoch);
        if (_parked.Count >= context.Options.ParkedPushesMax || !frames.TryRetain())
        {
            reply(Answer(ReplicaOutcome.Gap, AlignedEpoch));
            return;
        }

        _parked.Add(request.BaseOffset.Value, new ParkedPush(request.BaseOffset, frames, reply));
    }

    private void DropParked(ReplicaOutcome outcome, LeaderEpoch epoch)
    {
        foreach (var parked in _parked.Values)
            Drop(parked, outcome, epoch);
        _parked.Clear();
    }

    private void Drop(ParkedPush parked, ReplicaOutcome outcome, LeaderEpoch epoch)
    {
        parked.Reply(Answer(outcome, epoch));
        parked.Frames.Dispose();
    }

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or GridException)
        {
            _failure = e.Message;
        }
    }

    private sealed record ParkedPush(LogOffset BaseOffset, FrameBlock Frames, Action<ReplicaAnswer> Reply);
}
