namespace Grid.Abstractions;

/// <summary>How far a bucket is in the lake.</summary>
/// <param name="Number">The bucket's number.</param>
/// <param name="Tiered">The first offset that is not in the lake.</param>
/// <param name="HighWatermark">The bucket's high watermark as its leader reported it last; null: it has not since the tiering moved to this node.</param>
[GenerateSerializer, Immutable, Alias("grid.LakeBucketStatus")]
public sealed record LakeBucketStatus([property: Id(0)] int Number, [property: Id(1)] LogOffset Tiered, [property: Id(2)] LogOffset? HighWatermark)
{
    /// <summary>The bucket's partition; 0 where the table has none.</summary>
    [Id(3)]
    public PartitionId Partition { get; init; }

    /// <summary>Rows that are committed and not in the lake; 0 where the high watermark is not known.</summary>
    public long Backlog => HighWatermark is { } end ? Math.Max(0, end - Tiered) : 0;
}
