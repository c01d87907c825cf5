namespace Grid.Abstractions;

/// <summary>Frames for a log table's bucket. Offsets, epoch and timestamp of their headers are ignored; the leader gives them.</summary>
[GenerateSerializer, Immutable, Alias("grid.AppendRequest")]
public sealed record AppendRequest
{
    /// <summary>Whole frames, end to end: at most <see cref="GridLimits.CallBytesMax"/> bytes, or one frame of up to <see cref="GridLimits.FrameBytesMax"/>.</summary>
    [Id(0)]
    public required FrameBlock Frames { get; init; }
}

/// <summary>Where an append landed.</summary>
[GenerateSerializer, Immutable, Alias("grid.AppendAnswer")]
public sealed record AppendAnswer
{
    /// <summary>The offset of the first row of the first frame; the other frames follow it without a gap unless some were repeats.</summary>
    [Id(0)]
    public LogOffset BaseOffset { get; init; }

    /// <summary>The offset after the last row of the last frame.</summary>
    [Id(1)]
    public LogOffset EndOffset { get; init; }

    /// <summary>The commit timestamp of the last frame, milliseconds since 1970 UTC.</summary>
    [Id(2)]
    public long TimestampMs { get; init; }
}
