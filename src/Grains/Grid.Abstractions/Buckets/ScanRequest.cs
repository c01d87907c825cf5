using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>Asks for rows of a shard in key order.</summary>
[GenerateSerializer, Immutable, Alias("grid.ScanRequest")]
public sealed record ScanRequest
{
    /// <summary>Lower bound of encoded keys, inclusive; empty: none. A prefix lookup gives the prefix here and its successor in <see cref="Upper"/>.</summary>
    [Id(0)]
    public ImmutableArray<byte> Lower { get; init; } = [];

    /// <summary>Upper bound of encoded keys, exclusive; empty: none.</summary>
    [Id(1)]
    public ImmutableArray<byte> Upper { get; init; } = [];

    /// <summary>Most rows; 0: all.</summary>
    [Id(2)]
    public long Limit { get; init; }

    /// <summary>The schema version the answer is to have.</summary>
    [Id(3)]
    public required SchemaVersion SchemaVersion { get; init; }

    /// <summary>Whether <see cref="Columns"/> is meant; false: all columns.</summary>
    [Id(4)]
    public bool Project { get; init; }

    /// <summary>The columns wanted, in this order.</summary>
    [Id(5)]
    public ImmutableArray<ColumnId> Columns { get; init; } = [];

    /// <summary>Adds a last int64 column <c>_version</c>.</summary>
    [Id(6)]
    public bool Versions { get; init; }

    /// <summary>The shard must have applied everything below this offset.</summary>
    [Id(7)]
    public LogOffset Floor { get; init; }
}

/// <summary>A page of a scan.</summary>
[GenerateSerializer, Immutable, Alias("grid.ScanAnswer")]
public sealed record ScanAnswer
{
    /// <summary>The scan's id for the next pages; 0: this was the last page and the scan is closed.</summary>
    [Id(0)]
    public long ScanId { get; init; }

    /// <summary>The page's number, from 0.</summary>
    [Id(1)]
    public int Page { get; init; }

    /// <summary>One uncompressed frame of rows in key order; null: none. The caller disposes it.</summary>
    [Id(2)]
    public FrameBlock? Rows { get; init; }

    /// <summary>The offset the snapshot is consistent with: the changelog from here on has every later change once.</summary>
    [Id(3)]
    public LogOffset Offset { get; init; }
}
