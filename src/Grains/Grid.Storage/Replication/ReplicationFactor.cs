namespace Grid.Storage.Replication;

/// <summary>How many copies a bucket is to have, and how many must be in sync for a write.</summary>
/// <param name="Replicas">1 to <see cref="Grid.Abstractions.BucketRecord.ReplicasMax"/>.</param>
/// <param name="MinInSync">1 or more.</param>
public readonly record struct ReplicationFactor(int Replicas, int MinInSync);
