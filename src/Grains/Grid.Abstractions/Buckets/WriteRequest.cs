using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>How a write treats the row that is there.</summary>
public enum WriteMode : byte
{
    /// <summary>Merges each row into the stored one.</summary>
    Upsert = 0,

    /// <summary>Writes a row only where there is none; the answer carries the stored rows.</summary>
    InsertIfAbsent = 1,

    /// <summary>Writes all rows only if each stored row has the expected version; else none, and the answer carries the present versions.</summary>
    CompareAndSet = 2,
}

/// <summary>
/// Rows for a primary-key table's bucket: one frame. Its message has the columns of its schema version named by <see cref="Targets"/>, in schema
/// order, and with <see cref="FrameFlags.ChangeKinds"/> a last column <c>_change</c>: <see cref="ChangeKind.Delete"/> rows delete (only their
/// key columns are read; in a partial write their non-key target columns are set to null, and the row is deleted once no non-key column has a value;
/// where the targets are the key alone, the row is deleted), all others upsert. Rows apply in order. A row of an older schema version is a whole row all
/// the same: columns it does not know get null or their default.
/// </summary>
[GenerateSerializer, Immutable, Alias("grid.WriteRequest")]
public sealed record WriteRequest
{
    /// <summary>One frame: at most <see cref="GridLimits.CallBytesMax"/> bytes, or one with a huge row of up to <see cref="GridLimits.FrameBytesMax"/>.</summary>
    [Id(0)]
    public required FrameBlock Frame { get; init; }

    /// <summary>The columns that the message has, in schema order, whole key included; empty: all of them.</summary>
    [Id(1)]
    public ImmutableArray<ColumnId> Targets { get; init; } = [];

    /// <summary>The mode.</summary>
    [Id(2)]
    public WriteMode Mode { get; init; }

    /// <summary>Compare and set: the version (offset of the last change) expected of each row; -1: that there is none.</summary>
    [Id(3)]
    public ImmutableArray<long> ExpectedVersions { get; init; } = [];
}

/// <summary>What a write did.</summary>
[GenerateSerializer, Immutable, Alias("grid.WriteAnswer")]
public sealed record WriteAnswer
{
    /// <summary>The first offset of the changelog frame.</summary>
    [Id(0)]
    public LogOffset BaseOffset { get; init; }

    /// <summary>The offset after the changelog frame: a floor for lookups that must see this write.</summary>
    [Id(1)]
    public LogOffset EndOffset { get; init; }

    /// <summary>The commit timestamp, milliseconds since 1970 UTC.</summary>
    [Id(2)]
    public long TimestampMs { get; init; }

    /// <summary>Insert if absent: one frame with the row stored now for each row of the request, in order, all columns of the newest schema version and
    /// <c>_version</c>. The caller disposes it. Null in other modes.</summary>
    [Id(3)]
    public FrameBlock? Rows { get; init; }

    /// <summary>Insert if absent: one flag a row, whether this call inserted it.</summary>
    [Id(4)]
    public ImmutableArray<bool> Inserted { get; init; } = [];

    /// <summary>Compare and set that was refused: the present version of each row, -1 where there is none. Empty: it was done.</summary>
    [Id(5)]
    public ImmutableArray<long> ConflictVersions { get; init; } = [];
}
