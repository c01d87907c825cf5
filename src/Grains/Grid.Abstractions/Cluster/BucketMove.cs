using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>A bucket that is to lie elsewhere, or to be led by another one of its nodes.</summary>
[GenerateSerializer, Immutable, Alias("grid.BucketMove")]
public sealed record BucketMove
{
    /// <summary>The bucket.</summary>
    [Id(0)]
    public required BucketId Bucket { get; init; }

    /// <summary>The table's name; null: it was dropped a moment ago.</summary>
    [Id(1)]
    public TablePath? Table { get; init; }

    /// <summary>The nodes that have it now, the new ones among them once the move is under way.</summary>
    [Id(2)]
    public required ImmutableArray<NodeName> Replicas { get; init; }

    /// <summary>The nodes that are to have it, the one that is to lead first.</summary>
    [Id(3)]
    public required ImmutableArray<NodeName> Target { get; init; }

    /// <summary>Bytes of log and shard on one node.</summary>
    [Id(4)]
    public long Bytes { get; init; }

    /// <summary>Rows that the new copies lack still; null: not known yet.</summary>
    [Id(5)]
    public long? Lag { get; init; }

    /// <summary>Why it does not get on; null: it does.</summary>
    [Id(6)]
    public string? Problem { get; init; }

    /// <summary>Whether only the leader, or the order of preference, changes.</summary>
    public bool IsLeaderChange => Replicas.Length == Target.Length && Target.All(Replicas.Contains);
}
