using Grid.Abstractions;

namespace Grid.Grains.Replication;

/// <summary>
/// A bucket's replica on one node; the key is a <see cref="ReplicaKey"/>, the grain runs on that node or nowhere: where the node does not live, calls fail with
/// <see cref="GridErrorCode.UnknownNode"/>. Not for clients.
/// </summary>
[Alias("grid.IReplicaGrain")]
internal interface IReplicaGrain : IGrainWithStringKey
{
    /// <summary>A new leader's first word.</summary>
    [ResponseTimeout("00:00:05")]
    Task<ReplicaAnswer> AlignAsync(AlignRequest request);

    /// <summary>Frames, or only a newer watermark.</summary>
    [ResponseTimeout("00:00:05")]
    Task<ReplicaAnswer> PushAsync(PushRequest request);

    /// <summary>The leader asks this replica to lead in its place; whether that happened shows in the bucket's record.</summary>
    /// <param name="fromEpoch">The epoch that the leader leads at; with another one in the record nothing is done.</param>
    [ResponseTimeout("00:00:05")]
    Task TakeOverAsync(LeaderEpoch fromEpoch);

    /// <summary>How far the replica is.</summary>
    [ResponseTimeout("00:00:05")]
    Task<BucketStatus> GetStatusAsync();

    /// <summary>Replaces what the node has of the bucket by the leader's files; ends when it has. The leader aligns it afterwards.</summary>
    /// <exception cref="GridException">What was there stays.</exception>
    [ResponseTimeout("02:00:00")]
    Task RefillAsync(NodeName leader);

    /// <summary>A ticket for the files of the bucket on this node.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: the node has no data port.</exception>
    [ResponseTimeout("00:00:30")]
    Task<StreamTicket> OpenRefillAsync();

    /// <summary>The node is no replica of the bucket any more, somebody thinks: it reads the record itself, and deletes what it has if that is so.</summary>
    [ResponseTimeout("00:00:30")]
    Task LeaveAsync();

    /// <summary>Deletes what the node has of the bucket: it is no replica any more, or the table was dropped.</summary>
    [ResponseTimeout("00:00:05")]
    Task DeleteAsync();
}
