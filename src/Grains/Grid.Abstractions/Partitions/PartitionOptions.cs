namespace Grid.Abstractions;

/// <summary>How the partitions of a partitioned table come and go. May be altered, but for <see cref="Unit"/>.</summary>
[GenerateSerializer, Immutable, Alias("grid.PartitionOptions")]
public sealed record PartitionOptions
{
    /// <summary>Most partitions that <see cref="CountMax"/> may allow.</summary>
    public const int CountLimit = 10_000;

    /// <summary>True (default): rows of a partition that does not exist make it. False: they are refused with <see cref="GridErrorCode.UnknownPartition"/>.</summary>
    [Id(0)]
    public bool CreateOnWrite { get; init; } = true;

    /// <summary>The span of time of a partition; <see cref="PartitionUnit.None"/> (default): partitions are not automatic. Fixed at creation.</summary>
    [Id(1)]
    public PartitionUnit Unit { get; init; }

    /// <summary>Automatic partitions: how many after the present one are made before their time comes, 0 to 1,000.</summary>
    [Id(2)]
    public int Ahead { get; init; } = 2;

    /// <summary>Automatic partitions: how many before the present one are kept, 0 to 1,000,000; older ones are dropped. 0 (default): all.</summary>
    [Id(3)]
    public int Kept { get; init; }

    /// <summary>Most partitions that the table may have at a time, 1 to <see cref="CountLimit"/>.</summary>
    [Id(4)]
    public int CountMax { get; init; } = 1000;
}
