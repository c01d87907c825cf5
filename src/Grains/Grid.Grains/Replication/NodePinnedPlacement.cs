namespace Grid.Grains.Replication;

/// <summary>Places a grain on the node that its key names.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class NodePinnedPlacement : PlacementStrategy;
