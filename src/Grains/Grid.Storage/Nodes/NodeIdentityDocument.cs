namespace Grid.Storage.Nodes;

/// <summary><c>node.json</c> in a data directory.</summary>
internal sealed record NodeIdentityDocument
{
    public required int Format { get; init; }

    public required string Name { get; init; }

    public required string Id { get; init; }

    public required long CreatedMs { get; init; }
}
