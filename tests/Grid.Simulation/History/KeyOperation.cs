namespace Grid.Simulation.History;

internal enum KeyOperationKind
{
    Upsert,
    Delete,
    CompareAndSet,
    Lookup,
}

internal enum KeyOutcome
{
    /// <summary>Nobody answered; a write may have been done.</summary>
    Unknown,

    Done,

    /// <summary>A compare-and-set found another version, <see cref="KeyOperation.Version"/>.</summary>
    Conflict,

    /// <summary>It was refused for another reason and is not in the log.</summary>
    Refused,
}

/// <summary>An operation of a client on one key, and what it was told.</summary>
internal sealed class KeyOperation
{
    public const long Absent = -1;

    public required KeyOperationKind Kind { get; init; }

    public required long Key { get; init; }

    /// <summary>The value it writes: unique to the operation, from 1; 0 where it writes none.</summary>
    public long Value { get; init; }

    /// <summary>The version that a compare-and-set expects, or <see cref="Absent"/>.</summary>
    public long Expected { get; init; } = Absent;

    public required TimeSpan InvokedAt { get; init; }

    public TimeSpan? CompletedAt { get; set; }

    public KeyOutcome Outcome { get; set; }

    /// <summary>A write: its frame's first offset.</summary>
    public long BaseOffset { get; set; }

    /// <summary>A write: the offset after its frame.</summary>
    public long EndOffset { get; set; }

    /// <summary>The version that a lookup or a conflict showed, or <see cref="Absent"/>.</summary>
    public long Version { get; set; } = Absent;

    /// <summary>The value that a lookup showed.</summary>
    public long Seen { get; set; }

    /// <summary>What a lookup's answer was consistent with.</summary>
    public long AppliedOffset { get; set; }

    /// <summary>Whether a lookup was answered by the leader: then it must be up to date.</summary>
    public bool AsLeader { get; set; }

    public bool IsWrite => Kind != KeyOperationKind.Lookup;

    public override string ToString() =>
        FormattableString.Invariant($"{Kind} of key {Key}, value {Value}, expecting {Expected}, {InvokedAt.TotalMilliseconds:0.0}-{CompletedAt?.TotalMilliseconds:0.0} ms: {Outcome}")
        + (IsWrite && Outcome == KeyOutcome.Done ? $" at [{BaseOffset},{EndOffset})" : $", version {Version}, saw {Seen} at applied offset {AppliedOffset}");
}
