using System.Collections.Immutable;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>What values a partition field has in a manifest's files, so that a scan can pass over the manifest.</summary>
internal sealed record FieldSummary
{
    public required bool ContainsNull { get; init; }

    /// <summary>Null: not told.</summary>
    public bool? ContainsNan { get; init; }

    /// <summary>The lowest value as a single value; null where there is none but null and NaN.</summary>
    public ImmutableArray<byte>? LowerBound { get; init; }

    /// <summary>The highest value.</summary>
    public ImmutableArray<byte>? UpperBound { get; init; }
}
