using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Storage.Replication;

/// <summary>Learns what becomes of a replica. Called on the bucket's loop; must not block or throw.</summary>
internal interface IReplicaObserver
{
    /// <summary>The role changed; <paramref name="why"/> says why it does not lead, where it was meant to.</summary>
    void RoleChanged(ReplicaRole role, Refusal? why);

    /// <summary>Something happened that may have renewed the leader's lease.</summary>
    void LeaseMayHaveChanged();

    /// <summary>The replica cannot go on as it is: a bug or a damaged log, for the operator's eyes.</summary>
    void Alarmed(string message);
}
