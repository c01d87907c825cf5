namespace Grid.Abstractions;

/// <summary>A replica's answer to its leader.</summary>
[GenerateSerializer, Immutable, Alias("grid.ReplicaAnswer")]
public sealed record ReplicaAnswer
{
    /// <summary>What it did.</summary>
    [Id(0)]
    public required ReplicaOutcome Outcome { get; init; }

    /// <summary>The highest epoch that the replica knows.</summary>
    [Id(1)]
    public required LeaderEpoch Epoch { get; init; }

    /// <summary>Everything below it is in the replica's log, flushed where the table's policy asks for that.</summary>
    [Id(2)]
    public LogOffset EndOffset { get; init; }

    /// <summary>Everything below it is applied and shown to readers of the replica.</summary>
    [Id(3)]
    public LogOffset HighWatermark { get; init; }

    /// <summary>Why, where the outcome is <see cref="ReplicaOutcome.Failed"/> or <see cref="ReplicaOutcome.NeedsRefill"/>; for the log.</summary>
    [Id(4)]
    public string? Reason { get; init; }
}
