using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>A node that can take replicas, and what it has.</summary>
public sealed record NodeLoad
{
    /// <summary>Its name.</summary>
    public required NodeName Name { get; init; }

    /// <summary>What fails together with it, for example its rack or availability zone; null: nothing else does.</summary>
    public string? Zone { get; init; }

    /// <summary>Buckets that it leads.</summary>
    public int Leaders { get; init; }

    /// <summary>Buckets that it has a replica of.</summary>
    public int Buckets { get; init; }

    /// <summary>Bytes of their logs and shards.</summary>
    public long Bytes { get; init; }
}
