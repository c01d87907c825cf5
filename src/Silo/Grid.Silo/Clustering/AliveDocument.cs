namespace Grid.Silo.Clustering;

/// <summary>When a silo last said that it is alive; an object of its own, so that saying so touches nobody's row.</summary>
internal sealed record AliveDocument
{
    public required int Format { get; init; }

    public required string Silo { get; init; }

    public required DateTime Time { get; init; }
}
