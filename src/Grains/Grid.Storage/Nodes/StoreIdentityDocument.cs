namespace Grid.Storage.Nodes;

/// <summary><c>store.json</c> in an object store, and in each data directory whose buckets it has the records of.</summary>
internal sealed record StoreIdentityDocument
{
    public required int Format { get; init; }

    public required string Id { get; init; }

    public required long CreatedMs { get; init; }
}
