using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>
/// What a bucket's replica says to the world: grain calls and the object store on a real node, the simulated ones in the simulator. No method blocks or throws. An answer comes
/// back as an input of the replica, once, in any order, or never: then the replica's own timeout counts it as failed.
/// </summary>
internal interface IReplicaOutbox
{
    /// <summary>Sends an align request; answered with <c>BucketReplica.OnAnswer</c> or <c>BucketReplica.OnFailed</c> under the same call number.</summary>
    void Align(NodeName to, AlignRequest request, long call);

    /// <summary>Takes room for the bytes of one more push; false: too many are under way on this node, and <c>Tick</c> is to be called when there is room.</summary>
    bool TryTakeCredit(int bytes);

    /// <summary>Sends a push, with frames for which credit was taken; answered likewise. The reference to the request's block goes over to the outbox.</summary>
    void Push(NodeName to, PushRequest request, long call);

    /// <summary>Replaces the bucket's record if it still is what was read; answered with <c>BucketReplica.OnRecordReplaced</c>.</summary>
    void ReplaceRecord(VersionedRecord expected, BucketRecord next, long call);

    /// <summary>Reads the bucket's record; answered with <c>BucketReplica.OnRecordRead</c>.</summary>
    void ReadRecord(long call);

    /// <summary>Asks a replica that is in sync to take the lead over; nothing is answered: the new epoch shows.</summary>
    void HandOver(NodeName to, LeaderEpoch epoch);

    /// <summary>A node is no replica of the bucket any more: it may delete what it has, once it has read the record itself. Nothing is answered.</summary>
    void Release(NodeName former);

    /// <summary>A replica cannot be brought up to date by pushes; it is to be filled with the leader's segments and a checkpoint of its shard.</summary>
    void Refill(NodeName replica, string reason);

    /// <summary>Wants <c>BucketReplica.Tick</c> to be called after so many milliseconds; a later call replaces an earlier one.</summary>
    void WakeAfter(int delayMs);
}
