using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>The world of the replicas of one node: grain calls to other nodes, and the bucket records. Implemented over Orleans; thread safe.</summary>
public interface IReplicaTransport
{
    /// <summary>This node.</summary>
    NodeName Self { get; }

    /// <summary>Aligns a replica on another node.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownNode"/>: the node is not there; any other: it failed.</exception>
    Task<ReplicaAnswer> AlignAsync(BucketId bucket, NodeName to, AlignRequest request, CancellationToken cancellationToken);

    /// <summary>Pushes frames to a replica on another node. The request's block stays the caller's.</summary>
    /// <exception cref="GridException">As <see cref="AlignAsync"/>.</exception>
    Task<ReplicaAnswer> PushAsync(BucketId bucket, NodeName to, PushRequest request, CancellationToken cancellationToken);

    /// <summary>Asks a replica to take the lead over from this node's epoch.</summary>
    Task TakeOverAsync(BucketId bucket, NodeName to, LeaderEpoch epoch, CancellationToken cancellationToken);

    /// <summary>Tells a node that it is no replica of the bucket any more.</summary>
    Task ReleaseAsync(BucketId bucket, NodeName former, CancellationToken cancellationToken);

    /// <summary>Has a replica filled with this node's segments and a checkpoint of its shard.</summary>
    Task RefillAsync(BucketId bucket, NodeName replica, string reason, CancellationToken cancellationToken);

    /// <summary>Reads the bucket's record; null: there is none.</summary>
    /// <exception cref="GridException">The object store failed.</exception>
    Task<VersionedRecord?> ReadRecordAsync(BucketId bucket, CancellationToken cancellationToken);

    /// <summary>Replaces the record; null: it is not what was expected any more.</summary>
    /// <exception cref="GridException">The outcome is unknown.</exception>
    Task<VersionedRecord?> ReplaceRecordAsync(BucketId bucket, VersionedRecord expected, BucketRecord next, CancellationToken cancellationToken);

    /// <summary>Takes room for bytes that are about to be pushed; false: too many are under way on this node.</summary>
    bool TryTakeCredit(int bytes);

    /// <summary>Gives room back.</summary>
    void ReturnCredit(int bytes);

    /// <summary>Something an operator should know.</summary>
    void Alarmed(BucketId bucket, string message);
}
