using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Storage.Replication;

/// <summary>
/// How a replica becomes the leader: it raises the record's epoch by compare-and-swap, where it may. A change whose outcome is not known is looked up, and the epoch is then raised once more,
/// so no epoch is led on a guess. Used by its replica alone.
/// </summary>
internal sealed class TakeOver(ReplicaContext context, ReplicaMemory memory, FollowerSide follower)
{
    private const int AttemptsMax = 5;
    private VersionedRecord? _record;
    private long _call;
    private int _attempts;

    /// <summary>Whether that call was the last of a take-over that is under way.</summary>
    public bool Owns(long call) => _record is not null && call == _call;

    /// <summary>Begins; a refusal where it may not. Without one the outcome comes as an answer to a call that it <see cref="Owns"/>.</summary>
    public Refusal? Begin(VersionedRecord record)
    {
        _attempts = 0;
        return Try(record);
    }

    /// <summary>A change was not made, or nobody knows: the record tells.</summary>
    public void LookUp() => context.Outbox.ReadRecord(_call = context.NextCall());

    /// <summary>The record as looked up; a refusal ends the take-over.</summary>
    public Refusal? OnRead(VersionedRecord? read, bool failed)
    {
        var former = _record!.Record.Epoch;
        _record = null;
        if (failed)
            return new Refusal(GridErrorCode.StorageFailed, $"Node {context.Self} cannot reach the object store to take the bucket's lead; ask again.");
        if (read is null)
            return new Refusal(GridErrorCode.TableDropped, "The bucket has no record any more; ask for the table by its name.");
        if (read.Record.Epoch > former && read.Record.Leader is { } winner && winner != context.Self)
            return new Refusal(GridErrorCode.NotLeader, $"Node {winner} took the bucket's lead at epoch {read.Record.Epoch}; ask again.");
        return Try(read);
    }

    /// <summary>It leads, or does not want to any more.</summary>
    public void End() => _record = null;

    /// <summary>Names another replica in sync as the leader. This one stays in sync: what it acknowledged, it has, and the others may be lost before they lead.</summary>
    public void PassOn(VersionedRecord record)
    {
        var others = record.Record.Replicas.Where(node => node != context.Self && record.Record.InSync.Contains(node)).ToImmutableArray();
        if (others.Length > 0)
            GiveAway(record, others[0], record.Record.InSync);
    }

    /// <summary>Why a node whose disk fails does not lead.</summary>
    public Refusal CannotWrite() => new(GridErrorCode.StorageFailed, $"Node {context.Self} cannot write, so it cannot take the bucket's lead.");

    private Refusal? Try(VersionedRecord record)
    {
        var inSync = record.Record.InSync;
        if (++_attempts > AttemptsMax)
            return new Refusal(GridErrorCode.NotLeader, $"Node {context.Self} lost {AttemptsMax} races for the bucket's lead; ask again.");
        if (!inSync.Contains(context.Self))
            return new Refusal(GridErrorCode.NotLeader, $"Node {context.Self} is not in sync for the bucket; in sync are [{string.Join(", ", inSync)}]. Ask again, or start one of them.");
        if (record.Record.IsNeverLed)
        {
            // Remembered before the record says it: a crash in between must not look like a lost disk.
            if (!memory.BeginBucket(record.Record.Epoch, follower.FlushesEveryGroup))
                return CannotWrite();

            // Nothing was ever written: whoever is named may begin, with nothing. The others are in sync once they know of a leader; a replica that remembers nothing cannot tell a new bucket from a lost disk.
            RaiseEpoch(record, [context.Self]);
            return null;
        }

        if (inSync.Length > 1 && !memory.IsComplete)
        {
            // Asks to be taken out of the in-sync set; whether that worked shows to whoever reads the record.
            GiveAway(record, null, inSync.Remove(context.Self));
            return new Refusal(GridErrorCode.NotLeader,
                $"Node {context.Self} may have lost the end of the bucket's log and leaves the lead to the others in sync, [{string.Join(", ", inSync.Remove(context.Self))}]; ask again.");
        }

        if (!memory.HasState)
            return new Refusal(GridErrorCode.StorageFailed,
                $"Node {context.Self} had the only copy of the bucket that is in sync, and its folder is gone. Restore the data directory, or drop the table.");
        RaiseEpoch(record, inSync);
        return null;
    }

    private void RaiseEpoch(VersionedRecord record, ImmutableArray<NodeName> inSync)
    {
        _record = record;
        context.Outbox.ReplaceRecord(record, Raised(record, context.Self, inSync), _call = context.NextCall());
    }

    private void GiveAway(VersionedRecord record, NodeName? leader, ImmutableArray<NodeName> inSync)
    {
        if (!inSync.IsEmpty)
            context.Outbox.ReplaceRecord(record, Raised(record, leader, inSync), context.NextCall());
    }

    private static BucketRecord Raised(VersionedRecord record, NodeName? leader, ImmutableArray<NodeName> inSync) =>
        record.Record with { Epoch = new LeaderEpoch(record.Record.Epoch.Value + 1), Leader = leader, InSync = inSync };
}
