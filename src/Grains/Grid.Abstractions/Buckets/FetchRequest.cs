using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>Asks for committed frames.</summary>
[GenerateSerializer, Immutable, Alias("grid.FetchRequest")]
public sealed record FetchRequest
{
    /// <summary>The first offset wanted. The first frame of the answer contains it, and may begin before it.</summary>
    [Id(0)]
    public required LogOffset Offset { get; init; }

    /// <summary>Most bytes of frames; at most <see cref="GridLimits.CallBytesMax"/>. One frame is sent even if it alone is larger.</summary>
    [Id(1)]
    public int BytesMax { get; init; } = GridLimits.CallBytesMax;

    /// <summary>How long to wait while nothing matches and the log's end is reached, 0 to <see cref="GridLimits.FetchWaitMsMax"/> milliseconds.</summary>
    [Id(2)]
    public int WaitMsMax { get; init; }

    /// <summary>Whether <see cref="Columns"/> is meant; false: all columns.</summary>
    [Id(3)]
    public bool Project { get; init; }

    /// <summary>The columns wanted, in this order; none at all is legal (row counts). Columns that a frame's schema version lacks are left out of that frame.</summary>
    [Id(4)]
    public ImmutableArray<ColumnId> Columns { get; init; } = [];

    /// <summary>Skips frames whose statistics show that no row can match; the receiver still filters rows. Null: no filter.</summary>
    [Id(5)]
    public Predicate? Filter { get; init; }

    /// <summary>The schema version that <see cref="Columns"/> and <see cref="Filter"/> speak of.</summary>
    [Id(6)]
    public SchemaVersion SchemaVersion { get; init; }
}

/// <summary>Frames, and where to go on.</summary>
[GenerateSerializer, Immutable, Alias("grid.FetchAnswer")]
public sealed record FetchAnswer
{
    /// <summary>Whole frames, end to end; the caller disposes it. Null where nothing matched.</summary>
    [Id(0)]
    public FrameBlock? Frames { get; init; }

    /// <summary>The offset to ask for next: past everything sent and everything skipped.</summary>
    [Id(1)]
    public LogOffset NextOffset { get; init; }

    /// <summary>Offsets below it are committed.</summary>
    [Id(2)]
    public LogOffset HighWatermark { get; init; }

    /// <summary>The first offset still in the log.</summary>
    [Id(3)]
    public LogOffset StartOffset { get; init; }
}
