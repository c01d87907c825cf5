using Orleans.Placement;

namespace Grid.Grains.Replication;

/// <summary>The grain, whose key is a bucket id, runs on a node that may lead the bucket.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class BucketPlacementAttribute() : PlacementAttribute(new BucketPlacement());
