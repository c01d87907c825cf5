using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Grid.Abstractions;

/// <summary>
/// The cluster's nodes and where its buckets lie. There is one; its key is 0. It keeps nothing: what is under way stands in the buckets' records and in the draining marks of nodes, so whoever
/// asks for the next step goes on where another one stopped.
/// </summary>
[Alias("grid.IClusterGrain")]
public interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>The nodes that live, that drain, or that buckets lie on.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: the object store does not answer.</exception>
    [ResponseTimeout("00:01:00"), AlwaysInterleave]
    Task<ImmutableArray<NodeInfo>> ListNodesAsync();

    /// <summary>The next buckets in the order of their ids. No bucket is opened for it.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>; <see cref="GridErrorCode.StorageFailed"/>.</exception>
    [ResponseTimeout("00:01:00"), AlwaysInterleave]
    Task<ImmutableArray<BucketInfo>> ListBucketsAsync(BucketQuery query);

    /// <summary>Marks a node: no new bucket and no replica is placed there any more. Its buckets leave with <see cref="StepAsync"/>. Again: nothing more happens.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownNode"/>; <see cref="GridErrorCode.NotEnoughReplicas"/>: too few nodes would be left for its buckets' replicas.</exception>
    [ResponseTimeout("00:01:00")]
    Task MarkDrainingAsync(NodeName node);

    /// <summary>Takes the mark away; false where there is none. Moves under way end as they were begun.</summary>
    [ResponseTimeout("00:01:00")]
    Task<bool> UnmarkDrainingAsync(NodeName node);

    /// <summary>Looks at the cluster, begins as many moves as may be under way, and looks after those that are. Called again until nothing is left to do.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>; <see cref="GridErrorCode.StorageFailed"/>: call again.</exception>
    [ResponseTimeout("00:02:00")]
    Task<RebalanceProgress> StepAsync(RebalanceRequest request);
}
