using Orleans.Placement;

namespace Grid.Grains.Replication;

/// <summary>The grain runs on the node that its key names (a <see cref="ReplicaKey"/>), or nowhere.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NodePinnedAttribute() : PlacementAttribute(new NodePinnedPlacement());
