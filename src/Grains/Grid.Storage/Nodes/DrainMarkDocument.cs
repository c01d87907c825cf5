namespace Grid.Storage.Nodes;

/// <summary><c>draining/NAME.json</c> in the object store: the node is to become empty.</summary>
internal sealed record DrainMarkDocument
{
    public required int Format { get; init; }

    public required long SinceMs { get; init; }
}
