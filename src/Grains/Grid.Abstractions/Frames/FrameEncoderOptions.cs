namespace Grid.Abstractions;

/// <summary>How batches become frames.</summary>
public sealed record FrameEncoderOptions
{
    /// <summary>Compression of each buffer; a buffer that does not shrink is stored as it is (length prefix -1, as Arrow defines it), a message of
    /// tiny buffers is not compressed at all.</summary>
    public FrameCompression Compression { get; init; } = FrameCompression.Zstd;

    /// <summary>Zstandard's level.</summary>
    public int ZstdLevel { get; init; } = 3;

    /// <summary>Whether per-column minimum, maximum and null count go into the message's custom metadata.</summary>
    public bool Statistics { get; init; } = true;
}
