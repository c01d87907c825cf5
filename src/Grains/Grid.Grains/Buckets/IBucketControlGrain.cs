using Grid.Abstractions;

namespace Grid.Grains.Buckets;

/// <summary>What the cluster's administration tells a bucket's grain; not for clients.</summary>
[Alias("grid.IBucketControlGrain")]
internal interface IBucketControlGrain : IGrainWithStringKey
{
    /// <summary>Opens and leads the bucket, and looks whether its record has another target than it knew.</summary>
    [ResponseTimeout("00:00:10")]
    Task<BucketStatus> PursueAsync();
}
