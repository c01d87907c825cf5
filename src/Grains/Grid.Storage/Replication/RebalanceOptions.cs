using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>How far a rebalancing goes at a time.</summary>
public sealed record RebalanceOptions
{
    /// <summary>Most moves under way at a time, those that began earlier included.</summary>
    public int MovesMax { get; init; } = 16;

    /// <summary>Most leader changes at a time.</summary>
    public int LeaderChangesMax { get; init; } = 64;

    /// <summary>Nodes whose weights differ by less than this part of the mean are even enough.</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>What the moves are for.</summary>
    public RebalanceGoal Goal { get; init; }

    /// <summary>For <see cref="RebalanceGoal.Copies"/>: the table whose buckets may move.</summary>
    public TableId? Table { get; init; }

    /// <summary>Nodes that are to become empty, also such as do not live any more.</summary>
    public ImmutableHashSet<NodeName> Draining { get; init; } = [];
}
