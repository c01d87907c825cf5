using Grid.Abstractions;

namespace Grid.Storage.Nodes;

/// <summary>Whose a data directory is.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Id">The directory's own number: a node that lost its disk comes back with another one.</param>
/// <param name="CreatedMs">When the directory was made, milliseconds since 1970 UTC.</param>
public sealed record NodeIdentity(NodeName Name, NodeId Id, long CreatedMs);
