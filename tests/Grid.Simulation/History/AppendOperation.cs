namespace Grid.Simulation.History;

/// <summary>A frame that a client wanted in the log, and what it was told in the end.</summary>
internal sealed class AppendOperation
{
    public required long Writer { get; init; }

    public required int Sequence { get; init; }

    /// <summary>The message's hash, unique to the operation.</summary>
    public required ulong Hash { get; init; }

    public required TimeSpan InvokedAt { get; init; }

    /// <summary>When it was acknowledged; null: it never was, its outcome is open.</summary>
    public TimeSpan? CompletedAt { get; set; }

    public long BaseOffset { get; set; }

    public long EndOffset { get; set; }

    public override string ToString() => $"writer {Writer}/{Sequence} {Hash:x16}" + (CompletedAt is null ? "" : $" acknowledged at [{BaseOffset},{EndOffset})");
}
