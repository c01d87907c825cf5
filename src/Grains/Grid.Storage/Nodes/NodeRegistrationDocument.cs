namespace Grid.Storage.Nodes;

/// <summary><c>nodes/NAME.json</c> in the object store: the process that is the node now.</summary>
internal sealed record NodeRegistrationDocument
{
    public required int Format { get; init; }

    public required string Id { get; init; }

    public required string Run { get; init; }

    public required string Silo { get; init; }

    public required long StartedMs { get; init; }

    public required long LeaseUntilMs { get; init; }

    public string? Zone { get; init; }

    public string? DataPort { get; init; }
}
