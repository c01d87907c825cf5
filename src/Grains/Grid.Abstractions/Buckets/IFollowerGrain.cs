namespace Grid.Abstractions;

/// <summary>
/// One node's copy of a bucket, for reads that need not see the newest rows. The grain's key is <see cref="BucketId.AtNode"/>; it runs on that node or nowhere. Which nodes have copies says
/// <see cref="BucketStatus.Replicas"/>.
/// </summary>
[Alias("grid.IFollowerGrain")]
public interface IFollowerGrain : IGrainWithStringKey
{
    /// <summary>
    /// Looks full keys up in this copy. Only committed rows are seen: the bucket as it was at one offset, <see cref="LookupAnswer.AppliedOffset"/>, which may be older than what the leader has, but never
    /// below <see cref="LookupRequest.Floor"/>. The copy waits for the floor; cancelling ends that.
    /// </summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NotLeader"/>: the node has no copy of the bucket, or one that has not caught up with a leader since it was opened;
    /// <see cref="GridErrorCode.UnknownNode"/>: the node does not live; <see cref="GridErrorCode.Timeout"/>: the floor was not reached; <see cref="GridErrorCode.WrongTableKind"/>,
    /// <see cref="GridErrorCode.InvalidKey"/>, <see cref="GridErrorCode.UnknownColumn"/>. In every case the leader can be asked.</exception>
    [ResponseTimeout("00:00:03")]
    Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken);
}
