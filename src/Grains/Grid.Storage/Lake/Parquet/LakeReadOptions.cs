namespace Grid.Storage.Lake.Parquet;

/// <summary>How a lake file is read.</summary>
internal sealed record LakeReadOptions
{
    /// <summary>Most rows of a batch.</summary>
    public int BatchRows { get; init; } = 64 * 1024;

    /// <summary>Longest footer that is read for <see cref="Keep"/>.</summary>
    public int FooterBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Whether a row group, by its number, may hold rows that are wanted; its statistics stand in the footer. Null: all are read.</summary>
    public Func<ParquetFooter, int, bool>? Keep { get; init; }
}
