using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>A bucket that is to lie elsewhere.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Target">What <see cref="BucketRecord.Target"/> is to be: as many replicas as now or more.</param>
public sealed record ReplicaMove(BucketId Bucket, ImmutableArray<NodeName> Target);
