using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>A bucket that another one of its in-sync nodes is to lead.</summary>
public sealed record LeaderChange(BucketId Bucket, NodeName From, NodeName To);
