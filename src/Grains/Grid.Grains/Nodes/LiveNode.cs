using Grid.Abstractions;

namespace Grid.Grains.Nodes;

/// <summary>A node that lives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Silo">Its silo: another one after each start.</param>
/// <param name="Zone">What it fails together with; null: nothing, or not known yet.</param>
/// <param name="DataPort">Where its data port listens, <c>address:port</c>; null: it has none, or it is not known yet.</param>
/// <param name="IsDraining">Whether it is to become empty, as this silo last read: nothing new is placed there.</param>
public sealed record LiveNode(NodeName Name, SiloAddress Silo, string? Zone, string? DataPort, bool IsDraining = false);
