using System.Collections.Immutable;

namespace Grid.Storage.Lake;

/// <summary>One Parquet file of a lake table, as a manifest tells of it (Iceberg's <c>data_file</c>). Maps are by field id, which is the column id.</summary>
public sealed record LakeFile
{
    /// <summary>What it holds.</summary>
    public LakeFileContent Content { get; init; }

    /// <summary>Its full location, a URI.</summary>
    public required string Location { get; init; }

    /// <summary>Values of the partition's fields in the order of the partition spec: int, long, string, ... as <see cref="Grid.Abstractions.ValueText"/> has them; null is null.</summary>
    public required ImmutableArray<object?> Partition { get; init; }

    /// <summary>Rows in it.</summary>
    public required long Rows { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Compressed bytes of each leaf column.</summary>
    public ImmutableSortedDictionary<int, long> ColumnBytes { get; init; } = ImmutableSortedDictionary<int, long>.Empty;

    /// <summary>Values of each leaf column, nulls included.</summary>
    public ImmutableSortedDictionary<int, long> ValueCounts { get; init; } = ImmutableSortedDictionary<int, long>.Empty;

    /// <summary>Nulls of each leaf column.</summary>
    public ImmutableSortedDictionary<int, long> NullCounts { get; init; } = ImmutableSortedDictionary<int, long>.Empty;

    /// <summary>Not-a-numbers of each float column.</summary>
    public ImmutableSortedDictionary<int, long> NanCounts { get; init; } = ImmutableSortedDictionary<int, long>.Empty;

    /// <summary>At or below every value of a column, in the single-value serialization of the spec's Appendix D. Columns within lists and maps have none.</summary>
    public ImmutableSortedDictionary<int, ImmutableArray<byte>> LowerBounds { get; init; } = ImmutableSortedDictionary<int, ImmutableArray<byte>>.Empty;

    /// <summary>At or above every value of a column.</summary>
    public ImmutableSortedDictionary<int, ImmutableArray<byte>> UpperBounds { get; init; } = ImmutableSortedDictionary<int, ImmutableArray<byte>>.Empty;

    /// <summary>Where the row groups begin, in bytes, rising.</summary>
    public ImmutableArray<long> SplitOffsets { get; init; } = [];

    /// <summary>The columns that tell which rows an equality delete file removes; else empty.</summary>
    public ImmutableArray<int> EqualityIds { get; init; } = [];

    /// <summary>The sort order that its rows have; null: none.</summary>
    public int? SortOrderId { get; init; }

    /// <summary>The location of the only data file that a position delete file refers to; null: several, or not told.</summary>
    public string? ReferencedDataFile { get; init; }
}
