namespace Grid.Grains.Replication;

/// <summary>Places a bucket on a node that may lead it.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class BucketPlacement : PlacementStrategy;
