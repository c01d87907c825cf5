namespace Grid.Abstractions;

/// <summary>A place in a log.</summary>
public enum OffsetPlace : byte
{
    /// <summary>The first offset still there.</summary>
    Earliest = 0,

    /// <summary>The high watermark.</summary>
    Latest = 1,

    /// <summary>The first row whose commit timestamp is not lower than the given one; the high watermark where all are.</summary>
    Timestamp = 2,
}

/// <summary>Asks for the offset of a place.</summary>
[GenerateSerializer, Immutable, Alias("grid.OffsetQuery")]
public sealed record OffsetQuery
{
    /// <summary>The place.</summary>
    [Id(0)]
    public OffsetPlace Place { get; init; }

    /// <summary>For <see cref="OffsetPlace.Timestamp"/>: milliseconds since 1970 UTC.</summary>
    [Id(1)]
    public long TimestampMs { get; init; }
}
