namespace Grid.Abstractions;

/// <summary>Bytes that a projection copies.</summary>
/// <param name="Source">Where they begin in the frame, counted from its header's first byte.</param>
/// <param name="Target">Where they go in the projected frame, counted likewise.</param>
/// <param name="Length">How many; a multiple of 8.</param>
public readonly record struct ProjectedRange(int Source, int Target, int Length);

/// <summary>
/// How one frame becomes a smaller one: take <see cref="FrameLength"/> bytes, copy or read the <see cref="Ranges"/> into them, then <see cref="Finish"/>.
/// </summary>
public sealed class ProjectionPlan
{
    private readonly FrameHeader _header;
    private readonly byte[] _head;
    private readonly ProjectedRange[] _ranges;

    internal ProjectionPlan(FrameHeader header, byte[] head, ProjectedRange[] ranges, int frameLength)
    {
        _header = header;
        _head = head;
        _ranges = ranges;
        FrameLength = frameLength;
    }

    /// <summary>Bytes of the projected frame, header included.</summary>
    public int FrameLength { get; }

    /// <summary>The bytes to copy, in rising order of their target; neighbours are joined.</summary>
    public ReadOnlySpan<ProjectedRange> Ranges => _ranges;

    /// <summary>Completes the frame once the ranges are in place: metadata, message hash, header. Offsets, epoch, timestamp, writer and sequence stay.</summary>
    /// <param name="frame">At least <see cref="FrameLength"/> bytes.</param>
    /// <returns>The new header.</returns>
    public FrameHeader Finish(Span<byte> frame)
    {
        var message = frame[FrameHeader.Size..FrameLength];
        _head.CopyTo(message);
        var header = _header with { MessageLength = message.Length, MessageHash = FrameHeader.HashOf(message) };
        header.Write(frame);
        return header;
    }
}
