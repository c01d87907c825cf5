using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Grains.Tiering;

/// <summary>Has a bucket of a primary-key table rewrite lake files where that is worth it.</summary>
[GenerateSerializer, Immutable, Alias("grid.CompactRequest")]
internal sealed record CompactRequest
{
    /// <summary>The bucket's offset in the lake.</summary>
    [Id(0)]
    public LogOffset At { get; init; }

    /// <summary>The schema version that the files are to have.</summary>
    [Id(1)]
    public SchemaVersion SchemaVersion { get; init; }

    /// <summary>Whether all that could be better is worth it.</summary>
    [Id(2)]
    public bool IsAsked { get; init; }
}

/// <summary>What it rewrote; nobody refers to the new files yet. Files as <see cref="Storage.Lake.Tiering.TierFiles"/> has them.</summary>
[GenerateSerializer, Immutable, Alias("grid.CompactAnswer")]
internal sealed record CompactAnswer
{
    /// <summary>New data files.</summary>
    [Id(0)]
    public ImmutableArray<byte> AddedData { get; init; } = [];

    /// <summary>New files of deletes.</summary>
    [Id(1)]
    public ImmutableArray<byte> AddedDeletes { get; init; } = [];

    /// <summary>Data files that leave for them.</summary>
    [Id(2)]
    public ImmutableArray<byte> RemovedData { get; init; } = [];

    /// <summary>Files of deletes that leave for them.</summary>
    [Id(3)]
    public ImmutableArray<byte> RemovedDeletes { get; init; } = [];

    /// <summary>The locations of the data files whose rows the new files delete.</summary>
    [Id(4)]
    public ImmutableArray<string> Needed { get; init; } = [];
}
