namespace Grid.Abstractions;

/// <summary>
/// Frames from the leader to a replica that was aligned at the leader's epoch. Calls arrive out of order: a push is placed by its offset. A push that is
/// there already is answered like a new one.
/// </summary>
[GenerateSerializer, Immutable, Alias("grid.PushRequest")]
public sealed record PushRequest
{
    /// <summary>The leader's epoch.</summary>
    [Id(0)]
    public required LeaderEpoch Epoch { get; init; }

    /// <summary>The leader.</summary>
    [Id(1)]
    public required NodeName Leader { get; init; }

    /// <summary>The offset of the first frame.</summary>
    [Id(2)]
    public required LogOffset BaseOffset { get; init; }

    /// <summary>Whole frames as they stand in the leader's log: at most <see cref="GridLimits.CallBytesMax"/> bytes, or one frame; null: only the watermark is news.</summary>
    [Id(3)]
    public FrameBlock? Frames { get; init; }

    /// <summary>Offsets below it are committed.</summary>
    [Id(4)]
    public required LogOffset HighWatermark { get; init; }

    /// <summary>The first offset that the leader's log has.</summary>
    [Id(5)]
    public LogOffset StartOffset { get; init; }
}
