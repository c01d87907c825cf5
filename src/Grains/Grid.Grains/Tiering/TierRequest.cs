using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Grains.Tiering;

/// <summary>Has a bucket write its committed rows into lake files.</summary>
[GenerateSerializer, Immutable, Alias("grid.TierRequest")]
internal sealed record TierRequest
{
    /// <summary>The first offset that is not in the lake.</summary>
    [Id(0)]
    public LogOffset From { get; init; }

    /// <summary>The schema version that the files are to have, the newest that the asking one knows.</summary>
    [Id(1)]
    public SchemaVersion SchemaVersion { get; init; }

    /// <summary>The values of the bucket's partition as text; empty where the table has none.</summary>
    [Id(2)]
    public ImmutableArray<string> Values { get; init; } = [];
}

/// <summary>What it wrote; nobody refers to the files yet.</summary>
[GenerateSerializer, Immutable, Alias("grid.TierAnswer")]
internal sealed record TierAnswer
{
    /// <summary>The data files, see <see cref="Storage.Lake.Tiering.TierFiles"/>.</summary>
    [Id(0)]
    public ImmutableArray<byte> Files { get; init; } = [];

    /// <summary>The offset behind everything written.</summary>
    [Id(1)]
    public LogOffset End { get; init; }

    /// <summary>The bucket's high watermark.</summary>
    [Id(2)]
    public LogOffset HighWatermark { get; init; }

    /// <summary>The files that say which older rows are gone.</summary>
    [Id(3)]
    public ImmutableArray<byte> Deletes { get; init; } = [];

    /// <summary>The locations of the data files that have those rows.</summary>
    [Id(4)]
    public ImmutableArray<string> Needed { get; init; } = [];
}
