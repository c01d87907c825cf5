using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>A page of the files of a version of a lake table.</summary>
[GenerateSerializer, Immutable, Alias("grid.LakeFilesAnswer")]
public sealed record LakeFilesAnswer
{
    /// <summary>About the bytes of a page; one file more may be in it.</summary>
    public const int BytesMax = 128 * 1024;

    /// <summary>The lake table's folder as engines open it; null where there is no lake table.</summary>
    [Id(0)]
    public string? Location { get; init; }

    /// <summary>The version; 0 where there is no lake table.</summary>
    [Id(1)]
    public int Version { get; init; }

    /// <summary>The Iceberg id of its current snapshot; null where it has none.</summary>
    [Id(2)]
    public long? Snapshot { get; init; }

    /// <summary>When the version was committed, milliseconds since 1970 UTC.</summary>
    [Id(3)]
    public long CommittedMs { get; init; }

    /// <summary>On the first page, the first offset of each bucket that is not in this version, by bucket number: files and log meet there. Empty on later pages.</summary>
    [Id(4)]
    public ImmutableArray<LogOffset> Tiered { get; init; } = [];

    /// <summary>Files, in an order that pages of one version share.</summary>
    [Id(5)]
    public ImmutableArray<LakeDataFile> Files { get; init; } = [];

    /// <summary>Files up to the end of this page where there are more; null: this is the last page.</summary>
    [Id(6)]
    public int? Next { get; init; }
}
