using Grid.Abstractions;

namespace Grid.Grains.Nodes;

/// <summary>A node came or went.</summary>
/// <param name="Name">The node.</param>
/// <param name="Silo">Its silo; a node that starts again goes with one and comes with another.</param>
/// <param name="Lives">True: it lives now; false: it does not any more.</param>
public readonly record struct NodeChange(NodeName Name, SiloAddress Silo, bool Lives);
