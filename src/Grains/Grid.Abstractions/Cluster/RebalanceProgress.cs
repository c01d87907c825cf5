using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>What a step found and did.</summary>
[GenerateSerializer, Immutable, Alias("grid.RebalanceProgress")]
public sealed record RebalanceProgress
{
    /// <summary>Moves begun in this step; of a dry run those that would be made, at most <see cref="RebalanceRequest.MovesLimit"/>.</summary>
    [Id(0)]
    public required ImmutableArray<BucketMove> Begun { get; init; }

    /// <summary>Moves that were under way when the step began.</summary>
    [Id(1)]
    public required ImmutableArray<BucketMove> UnderWay { get; init; }

    /// <summary>Buckets that cannot leave a draining node, and moves that wait for a node that does not live, with the reason.</summary>
    [Id(2)]
    public required ImmutableArray<BucketMove> Stuck { get; init; }

    /// <summary>Buckets that still lie on draining nodes.</summary>
    [Id(3)]
    public int Draining { get; init; }

    /// <summary>Whether nothing was left to do but what is stuck.</summary>
    public bool IsDone => Begun.IsEmpty && UnderWay.IsEmpty;
}
