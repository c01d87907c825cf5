namespace Grid.Abstractions;

/// <summary>Asks for the files of a lake table, a page at a time.</summary>
[GenerateSerializer, Immutable, Alias("grid.LakeFilesRequest")]
public sealed record LakeFilesRequest
{
    /// <summary>The version of the lake table; 0: the newest. Later pages name the version of the first one.</summary>
    [Id(0)]
    public int Version { get; init; }

    /// <summary>Files of earlier pages, 0 or more.</summary>
    [Id(1)]
    public int Skip { get; init; }
}
