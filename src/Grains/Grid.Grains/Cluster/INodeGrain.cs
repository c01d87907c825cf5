using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Grains.Cluster;

/// <summary>What a node knows of its own buckets; the key is <c>@NAME</c>, the grain runs on that node or nowhere. Not for clients.</summary>
[Alias("grid.INodeGrain")]
internal interface INodeGrain : IGrainWithStringKey
{
    /// <summary>Sizes and offsets of buckets, as far as the node has them; nothing is opened for it.</summary>
    /// <param name="buckets">At most <see cref="BucketQuery.CountLimit"/>.</param>
    [ResponseTimeout("00:00:20")]
    Task<ImmutableArray<BucketReport>> ReportAsync(ImmutableArray<BucketId> buckets);
}
