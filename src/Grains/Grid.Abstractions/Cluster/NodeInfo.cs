namespace Grid.Abstractions;

/// <summary>A node and what it has.</summary>
[GenerateSerializer, Immutable, Alias("grid.NodeInfo")]
public sealed record NodeInfo
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required NodeName Name { get; init; }

    /// <summary>Whether it lives and takes buckets.</summary>
    [Id(1)]
    public NodeState State { get; init; }

    /// <summary>What it fails together with; null: nothing, or not known.</summary>
    [Id(2)]
    public string? Zone { get; init; }

    /// <summary>Where its silo listens for others, <c>address:port</c>; null: it does not live.</summary>
    [Id(3)]
    public string? Address { get; init; }

    /// <summary>Where its data port listens, <c>address:port</c>; null: it has none, or it does not live.</summary>
    [Id(4)]
    public string? DataPort { get; init; }

    /// <summary>Buckets that have a replica there.</summary>
    [Id(5)]
    public int Buckets { get; init; }

    /// <summary>Buckets that it leads, or led last.</summary>
    [Id(6)]
    public int Leaders { get; init; }

    /// <summary>Bytes of their logs and shards; 0 where it does not live.</summary>
    [Id(7)]
    public long Bytes { get; init; }

    /// <summary>Bytes a second that clients write to the buckets it leads, over the last minutes.</summary>
    [Id(8)]
    public long WrittenPerSecond { get; init; }

    /// <summary>Buckets that are on their way to it or from it.</summary>
    [Id(9)]
    public int Moving { get; init; }

    /// <summary>Whether it is marked as draining, whether it lives or not.</summary>
    [Id(10)]
    public bool IsDraining { get; init; }
}
