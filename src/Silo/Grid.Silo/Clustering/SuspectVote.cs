namespace Grid.Silo.Clustering;

/// <summary>Which silo said, and when, that the row's silo is dead.</summary>
internal sealed record SuspectVote
{
    public required string Silo { get; init; }

    public required DateTime Time { get; init; }
}
