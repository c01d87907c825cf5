using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>A bucket, where it lies, and what it weighs.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Record">Its record.</param>
/// <param name="Bytes">Bytes of its log and shard on one node.</param>
/// <param name="Load">What it costs the nodes that have it, in any unit that is the same for all buckets, for example bytes written in the last hour.</param>
/// <param name="Wanted">How many replicas it is to have; 0: as many as it has.</param>
public sealed record BucketLoad(BucketId Bucket, BucketRecord Record, long Bytes = 0, long Load = 0, int Wanted = 0);
