namespace Grid.Storage.Lake.Parquet;

/// <summary>How a lake file is written.</summary>
internal sealed record LakeWriterOptions
{
    /// <summary>zstd's level, 1 to 22.</summary>
    public int ZstdLevel { get; init; } = 3;

    /// <summary>Most rows of a row group.</summary>
    public int RowGroupRowsMax { get; init; } = 1024 * 1024;

    /// <summary>
    /// Most Arrow bytes of a row group, one batch more at most: a group is closed before the batch that would pass it. What is held of a group in
    /// memory is its pages, encoded and compressed, so this bounds the writer's memory too.
    /// </summary>
    public long RowGroupBytesMax { get; init; } = 128 * 1024 * 1024;

    /// <summary>About the bytes of a page before compression.</summary>
    public int PageBytes { get; init; } = 1024 * 1024;

    /// <summary>Longest footer. Its bytes are kept on their way out, because the metrics stand in it; statistics of long texts take up to 8 KiB a column and row group.</summary>
    public int FooterBytesMax { get; init; } = 4 * 1024 * 1024;
}
