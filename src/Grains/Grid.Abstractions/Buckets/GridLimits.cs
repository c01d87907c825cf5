namespace Grid.Abstractions;

/// <summary>Limits of requests and answers. Everything a peer sends is checked against them before memory is taken.</summary>
public static class GridLimits
{
    /// <summary>Most bytes of frames in one call, both ways, unless a single frame is larger.</summary>
    public const int CallBytesMax = 256 * 1024;

    /// <summary>A single frame may be this large; then it travels alone. Header included.</summary>
    public const int FrameBytesMax = FrameHeader.Size + FrameHeader.MessageLengthMax;

    /// <summary>Longest encoded key in bytes.</summary>
    public const int KeyBytesMax = 16 * 1024;

    /// <summary>Most keys of one lookup.</summary>
    public const int LookupKeysMax = 16 * 1024;

    /// <summary>Most frames of one append.</summary>
    public const int AppendFramesMax = 1024;

    /// <summary>Longest wait of a fetch, milliseconds.</summary>
    public const int FetchWaitMsMax = 30_000;
}
