namespace Grid.Storage.Lake.Reading;

/// <summary>How rows of the lake become frames.</summary>
internal sealed record LakeFramesOptions
{
    /// <summary>Most rows that are decoded at a time.</summary>
    public int BatchRows { get; init; } = 8 * 1024;

    /// <summary>How much of a file is read at least, see <see cref="LakeFileStream"/>.</summary>
    public int ReadAheadBytes { get; init; } = 256 * 1024;

    /// <summary>Most bytes of a frame's Arrow buffers before compression, but for a frame of one row. A fraction of <see cref="Grid.Abstractions.GridLimits.CallBytesMax"/>, so that blocks are
    /// nearly full.</summary>
    public int FrameBytes { get; init; } = 64 * 1024;

    /// <summary>Longest footer that is read.</summary>
    public int FooterBytesMax { get; init; } = 64 * 1024 * 1024;
}
