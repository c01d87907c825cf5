namespace Grid.Abstractions;

/// <summary>Which buckets are asked for.</summary>
[GenerateSerializer, Immutable, Alias("grid.BucketQuery")]
public sealed record BucketQuery
{
    /// <summary>Most buckets of one answer.</summary>
    public const int CountLimit = 1000;

    /// <summary>Only those of a table; null: of all.</summary>
    [Id(0)]
    public TableId? Table { get; init; }

    /// <summary>Only those behind this one; null: from the first.</summary>
    [Id(1)]
    public BucketId? After { get; init; }

    /// <summary>At most so many, 1 to <see cref="CountLimit"/>.</summary>
    [Id(2)]
    public int CountMax { get; init; } = CountLimit;
}
