namespace Grid.Abstractions;

/// <summary>What the next step is to be.</summary>
[GenerateSerializer, Immutable, Alias("grid.RebalanceRequest")]
public sealed record RebalanceRequest
{
    /// <summary>Most of <see cref="MovesMax"/>.</summary>
    public const int MovesLimit = 1024;

    /// <summary>What for.</summary>
    [Id(0)]
    public RebalanceGoal Goal { get; init; }

    /// <summary>For <see cref="RebalanceGoal.Copies"/>: the table.</summary>
    [Id(1)]
    public TableId? Table { get; init; }

    /// <summary>Most moves under way at a time, 1 to <see cref="MovesLimit"/>; those that others began count.</summary>
    [Id(2)]
    public int MovesMax { get; init; } = 16;

    /// <summary>Nodes whose weights differ by less than this part of the mean are even enough, 0.01 to 1.</summary>
    [Id(3)]
    public double Tolerance { get; init; } = 0.1;

    /// <summary>Only says what it would do.</summary>
    [Id(4)]
    public bool DryRun { get; init; }
}
