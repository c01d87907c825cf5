namespace Grid.Abstractions;

/// <summary>A replica of a bucket, as its leader sees it.</summary>
[GenerateSerializer, Immutable, Alias("grid.ReplicaStatus")]
public sealed record ReplicaStatus
{
    /// <summary>Its node.</summary>
    [Id(0)]
    public required NodeName Node { get; init; }

    /// <summary>Whether it is in sync: it may lead next.</summary>
    [Id(1)]
    public bool IsInSync { get; init; }

    /// <summary>Everything below it is in its log.</summary>
    [Id(2)]
    public LogOffset EndOffset { get; init; }

    /// <summary>Whether it answers.</summary>
    [Id(3)]
    public bool IsAnswering { get; init; }
}
