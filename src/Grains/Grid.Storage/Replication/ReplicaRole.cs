namespace Grid.Storage.Replication;

/// <summary>What a replica does at the moment.</summary>
public enum ReplicaRole
{
    /// <summary>Takes frames from whoever leads.</summary>
    Following,

    /// <summary>Raises the epoch in the bucket's record.</summary>
    TakingOver,

    /// <summary>Has the epoch, aligns the others, and waits until what its log holds is committed.</summary>
    Aligning,

    /// <summary>Takes writes and serves reads.</summary>
    Leading,
}
