using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>Sizes and offsets of a bucket.</summary>
[GenerateSerializer, Immutable, Alias("grid.BucketStatus")]
public sealed record BucketStatus
{
    /// <summary>The bucket.</summary>
    [Id(0)]
    public required BucketId Bucket { get; init; }

    /// <summary>The first offset still in the log.</summary>
    [Id(1)]
    public LogOffset StartOffset { get; init; }

    /// <summary>Offsets below it are committed.</summary>
    [Id(2)]
    public LogOffset HighWatermark { get; init; }

    /// <summary>The next offset to be written.</summary>
    [Id(3)]
    public LogOffset LogEndOffset { get; init; }

    /// <summary>Bytes of the log's files.</summary>
    [Id(4)]
    public long LogBytes { get; init; }

    /// <summary>Files of the log.</summary>
    [Id(5)]
    public int Segments { get; init; }

    /// <summary>Bytes of the shard's files; 0 in a log table.</summary>
    [Id(6)]
    public long ShardBytes { get; init; }

    /// <summary>RocksDB's estimate of the rows in the shard; 0 in a log table.</summary>
    [Id(7)]
    public long ShardRowsEstimate { get; init; }

    /// <summary>Everything below this offset is in the shard.</summary>
    [Id(8)]
    public LogOffset AppliedOffset { get; init; }

    /// <summary>The commit timestamp of the newest frame, milliseconds since 1970 UTC; 0 for an empty log.</summary>
    [Id(9)]
    public long LastTimestampMs { get; init; }

    /// <summary>The leader epoch.</summary>
    [Id(10)]
    public LeaderEpoch Epoch { get; init; }

    /// <summary>The node that answers.</summary>
    [Id(11)]
    public NodeName? Node { get; init; }

    /// <summary>The node that leads, as far as the answering one knows.</summary>
    [Id(12)]
    public NodeName? Leader { get; init; }

    /// <summary>The replicas as their leader sees them; empty where the answering node does not lead.</summary>
    [Id(13)]
    public ImmutableArray<ReplicaStatus> Replicas { get; init; } = [];
}
