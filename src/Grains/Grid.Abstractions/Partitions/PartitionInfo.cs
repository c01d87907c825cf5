using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>One partition of a table.</summary>
[GenerateSerializer, Immutable, Alias("grid.PartitionInfo")]
public sealed record PartitionInfo
{
    /// <summary>Longest value of a partition column as text, in UTF-16 units.</summary>
    public const int ValueLengthMax = 256;

    /// <summary>The id, given once: a partition that is dropped and made again has a new one, and no old rows.</summary>
    [Id(0)]
    public required PartitionId Id { get; init; }

    /// <summary>The values of the partition columns, in their order, in the one text form that <see cref="ValueText.Format"/> gives them.</summary>
    [Id(1)]
    public required ImmutableArray<string> Values { get; init; }

    /// <summary>When it was made, milliseconds since 1970 UTC.</summary>
    [Id(2)]
    public long CreatedMs { get; init; }

    /// <summary>The partition by names and values, such as <c>day=2026-11-25/region=eu</c>.</summary>
    /// <param name="schema">The table's schema.</param>
    public string ToText(TableSchema schema) => PartitionValues.ToText(schema, Values);

    /// <inheritdoc/>
    public bool Equals(PartitionInfo? other) =>
        other is not null && Id == other.Id && CreatedMs == other.CreatedMs && Values.AsSpan().SequenceEqual(other.Values.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();
}
