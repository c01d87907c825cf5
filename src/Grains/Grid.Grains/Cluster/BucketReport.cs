using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Grains.Cluster;

/// <summary>A bucket on one node.</summary>
[GenerateSerializer, Immutable, Alias("grid.BucketReport")]
internal sealed record BucketReport
{
    /// <summary>The bucket.</summary>
    [Id(0)]
    public required BucketId Bucket { get; init; }

    /// <summary>Bytes of its log and shard.</summary>
    [Id(1)]
    public long Bytes { get; init; }

    /// <summary>Whether it is open and leads; what follows is known only then.</summary>
    [Id(2)]
    public bool IsLeading { get; init; }

    /// <summary>The next offset to be written.</summary>
    [Id(3)]
    public LogOffset LogEndOffset { get; init; }

    /// <summary>Bytes a second that clients write.</summary>
    [Id(4)]
    public long WrittenPerSecond { get; init; }

    /// <summary>The replicas as it sees them.</summary>
    [Id(5)]
    public ImmutableArray<ReplicaStatus> Replicas { get; init; } = [];
}
