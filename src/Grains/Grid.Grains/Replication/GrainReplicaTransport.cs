using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage;
using Grid.Storage.Replication;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Replication;

/// <summary>
/// The other replicas as grains, the records in the object store. A call to a node that is not a member fails at once instead of waiting for its timeout. Bytes of pushes
/// that are not answered yet are bounded over the whole node: Orleans applies no back-pressure.
/// </summary>
internal sealed partial class GrainReplicaTransport : IReplicaTransport
{
    private readonly IGrainFactory _grains;
    private readonly INodeDirectory _nodes;
    private readonly BucketRecordStore _records;
    private readonly long _creditMax;
    private readonly ILogger<GrainReplicaTransport> _logger;
    private long _credit;

    public GrainReplicaTransport(
        IGrainFactory grains, INodeDirectory nodes, BucketRecordStore records, GridNodeOptions options, ILogger<GrainReplicaTransport> logger)
    {
        _grains = grains;
        _nodes = nodes;
        _records = records;
        _creditMax = options.PushBytesInFlightMax;
        _logger = logger;
        Self = options.Storage.NodeName;
    }

    /// <inheritdoc/>
    public NodeName Self { get; }

    /// <inheritdoc/>
    public Task<ReplicaAnswer> AlignAsync(BucketId bucket, NodeName to, AlignRequest request, CancellationToken cancellationToken) =>
        CallAsync(Replica(bucket, to).AlignAsync(request), cancellationToken);

    /// <inheritdoc/>
    public Task<ReplicaAnswer> PushAsync(BucketId bucket, NodeName to, PushRequest request, CancellationToken cancellationToken) =>
        CallAsync(Replica(bucket, to).PushAsync(request), cancellationToken);

    /// <inheritdoc/>
    public Task TakeOverAsync(BucketId bucket, NodeName to, LeaderEpoch epoch, CancellationToken cancellationToken) =>
        CallAsync(AnsweredAsync(Replica(bucket, to).TakeOverAsync(epoch)), cancellationToken);

    /// <inheritdoc/>
    public Task ReleaseAsync(BucketId bucket, NodeName former, CancellationToken cancellationToken) =>
        CallAsync(AnsweredAsync(Replica(bucket, former).LeaveAsync()), cancellationToken);

    /// <inheritdoc/>
    public Task RefillAsync(BucketId bucket, NodeName replica, string reason, CancellationToken cancellationToken)
    {
        LogRefill(bucket, replica, reason);
        return CallAsync(AnsweredAsync(Replica(bucket, replica).RefillAsync(Self)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<VersionedRecord?> ReadRecordAsync(BucketId bucket, CancellationToken cancellationToken) => _records.ReadAsync(bucket, cancellationToken);

    /// <inheritdoc/>
    public Task<VersionedRecord?> ReplaceRecordAsync(BucketId bucket, VersionedRecord expected, BucketRecord next, CancellationToken cancellationToken) =>
        _records.TryReplaceAsync(bucket, expected, next, cancellationToken);

    /// <inheritdoc/>
    public bool TryTakeCredit(int bytes)
    {
        if (Interlocked.Add(ref _credit, bytes) <= _creditMax)
            return true;
        Interlocked.Add(ref _credit, -bytes);
        return false;
    }

    /// <inheritdoc/>
    public void ReturnCredit(int bytes) => Interlocked.Add(ref _credit, -bytes);

    /// <inheritdoc/>
    public void Alarmed(BucketId bucket, string message) => LogAlarm(bucket, Self, message);

    private static async Task<T> CallAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is OrleansException or TimeoutException)
        {
            throw new GridException(GridErrorCode.Timeout, $"The replica did not answer: {failure.Message}", failure);
        }
    }

    private static async Task<bool> AnsweredAsync(Task call)
    {
        await call.ConfigureAwait(false);
        return true;
    }

    private IReplicaGrain Replica(BucketId bucket, NodeName node) => _nodes.TryGetSilo(node, out _)
        ? _grains.GetGrain<IReplicaGrain>(new ReplicaKey(bucket, node).ToString())
        : throw new GridException(GridErrorCode.UnknownNode, $"Node {node} is not in the cluster; start it.");

    [LoggerMessage(2502, LogLevel.Information, "The copy of bucket {Bucket} on {Replica} is filled anew: {Reason}")]
    private partial void LogRefill(BucketId bucket, NodeName replica, string reason);

    [LoggerMessage(2501, LogLevel.Error, "Bucket {Bucket} on node {Node}: {Message}")]
    private partial void LogAlarm(BucketId bucket, NodeName node, string message);
}
