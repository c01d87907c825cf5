using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>One Parquet file of a lake snapshot. Its columns have the table's column ids as field ids; docs/formats.md, "Lake table", tells the rest.</summary>
[GenerateSerializer, Immutable, Alias("grid.LakeDataFile")]
public sealed record LakeDataFile
{
    /// <summary>Longest location, in characters.</summary>
    public const int LocationLengthMax = 4096;

    /// <summary>The bucket of a file that does not tell it.</summary>
    public const int BucketUnknown = -1;

    /// <summary>Its full location, a URI: <c>file:///…</c> or <c>abfss://…</c>.</summary>
    [Id(0)]
    public required string Location { get; init; }

    /// <summary>What it holds.</summary>
    [Id(1)]
    public LakeContent Content { get; init; }

    /// <summary>The bucket whose rows it has, or <see cref="BucketUnknown"/>.</summary>
    [Id(2)]
    public int Bucket { get; init; }

    /// <summary>Rows in it.</summary>
    [Id(3)]
    public long Rows { get; init; }

    /// <summary>Its size in bytes.</summary>
    [Id(4)]
    public long Bytes { get; init; }

    /// <summary>Null counts and bounds of flat columns in the form of a frame's statistics (docs/formats.md, "Statistics"); empty: nothing is known.</summary>
    [Id(5)]
    public ImmutableArray<byte> Statistics { get; init; } = [];
}
