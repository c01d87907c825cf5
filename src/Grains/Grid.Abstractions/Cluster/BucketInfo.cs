using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>A bucket, its record, and how far its replicas are.</summary>
[GenerateSerializer, Immutable, Alias("grid.BucketInfo")]
public sealed record BucketInfo
{
    /// <summary>The bucket.</summary>
    [Id(0)]
    public required BucketId Bucket { get; init; }

    /// <summary>The table's name; null: it was dropped a moment ago.</summary>
    [Id(1)]
    public TablePath? Table { get; init; }

    /// <summary>Its record.</summary>
    [Id(2)]
    public required BucketRecord Record { get; init; }

    /// <summary>Whether it is open at its leader: else <see cref="Replicas"/> is empty and <see cref="LogEndOffset"/> is not known.</summary>
    [Id(3)]
    public bool IsOpen { get; init; }

    /// <summary>The next offset to be written.</summary>
    [Id(4)]
    public LogOffset LogEndOffset { get; init; }

    /// <summary>The replicas as the leader sees them.</summary>
    [Id(5)]
    public ImmutableArray<ReplicaStatus> Replicas { get; init; } = [];

    /// <summary>Bytes of log and shard on one node, the largest that is known.</summary>
    [Id(6)]
    public long Bytes { get; init; }

    /// <summary>Bytes a second that clients write to it, over the last minutes.</summary>
    [Id(7)]
    public long WrittenPerSecond { get; init; }

    /// <summary>Rows that the replica lacks which is furthest behind; null: not known.</summary>
    public long? Lag => IsOpen && !Replicas.IsDefaultOrEmpty ? Replicas.Max(replica => Math.Max(0, LogEndOffset - replica.EndOffset)) : null;
}
