using Grid.Abstractions;
using Grid.Grains.Buckets;
using Grid.Grains.DataPort;
using Grid.Grains.Tiering;
using Grid.Storage.Replication;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Grid.Grains.Replication;

/// <summary>
/// A bucket's copy on one node, for its leader and for readers. Pinned to the node that its key names; opens the same engine as the bucket's own grain does there. Reentrant: pushes are ordered by
/// their offsets, not by their arrival.
/// </summary>
[Reentrant]
[NodePinned]
internal sealed partial class ReplicaGrain(
    BucketHost host, BucketRecordStore records, LogHistories histories, DataPortHost dataPort, OrphanBuckets orphans, GridNodeOptions options, GridGrainMetrics metrics, TimeProvider time,
    ILogger<ReplicaGrain> logger) : Grain, IReplicaGrain, IFollowerGrain
{
    private readonly ILogger<ReplicaGrain> _logger = logger;
    private Task<OpenBucket>? _opening;
    private TableInfo? _table;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var interval = TimeSpan.FromMilliseconds(options.RetentionIntervalMs);
        this.RegisterGrainTimer(ApplyRetentionAsync, new GrainTimerCreationOptions { DueTime = interval, Period = interval, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<ReplicaAnswer> AlignAsync(AlignRequest request)
    {
        OpenBucket bucket;
        try
        {
            bucket = await GetOpenAsync();
        }
        catch (GridException refusal) when (refusal.Code is GridErrorCode.StorageFailed or GridErrorCode.Corrupt)
        {
            // The copy cannot even be opened: whoever leads may fill it again. It promises nothing, so it counts for nothing.
            return new ReplicaAnswer { Outcome = ReplicaOutcome.NeedsRefill, Epoch = default, Reason = refusal.Message };
        }

        return await CallAsync(bucket, () => bucket.Engine.Replica!.AlignAsync(request, CancellationToken.None));
    }

    /// <inheritdoc/>
    public async Task<ReplicaAnswer> PushAsync(PushRequest request)
    {
        // Before the first await: afterwards a caller in this process that gives up may dispose the block.
        if (request.Frames is { } frames && !frames.TryRetain())
            throw new GridException(GridErrorCode.Timeout, "The leader gave up before the push began.");
        try
        {
            if (request.Frames?.Length > GridLimits.FrameBytesMax)
                throw new GridException(GridErrorCode.TooLarge, $"The push has {request.Frames.Length} bytes; at most {GridLimits.FrameBytesMax} are legal.");
            using var share = host.Bytes.Take(request.Frames?.Length ?? 0);
            var bucket = await GetOpenAsync();
            var answer = await CallAsync(bucket, () => bucket.Engine.Replica!.PushAsync(request, CancellationToken.None));
            if (answer.Outcome != ReplicaOutcome.Failed)
                return answer;
            if (!await RefreshTableAsync(bucket))
            {
                // What failed once may be whole when it is opened again: recovery finds out what the disk has.
                host.RequestClose(bucket.Id);
                return answer;
            }

            // The frames were of a schema version that this node did not know: now it does.
            return await CallAsync(bucket, () => bucket.Engine.Replica!.PushAsync(request, CancellationToken.None));
        }
        finally
        {
            request.Frames?.Dispose();
        }
    }

    /// <inheritdoc/>
    public async Task TakeOverAsync(LeaderEpoch fromEpoch)
    {
        var bucket = await GetOpenAsync();
        if (await records.ReadAsync(bucket.Id, CancellationToken.None) is { } record && record.Record.Epoch == fromEpoch)
            await CallAsync(bucket, async () =>
            {
                await bucket.Engine.Replica!.LeadAsync(record, CancellationToken.None);
                return true;
            });
    }

    /// <inheritdoc/>
    public async Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken)
    {
        const string Operation = "lookup.follower";
        var (started, received) = (time.GetTimestamp(), request.Keys?.Length ?? 0);
        if (request.Keys is { } keys && !keys.TryRetain())
            throw new GridException(GridErrorCode.Timeout, "The caller gave up before the call began.");
        try
        {
            using var share = host.Bytes.Take(received + GridLimits.CallBytesMax);
            await RequireReplicaAsync();
            var bucket = await GetOpenAsync();
            var answer = await CallAsync(bucket, () => LookupAsync(bucket, request, cancellationToken));
            metrics.CallAnswered(Operation, time.GetElapsedTime(started), received, answer.Rows?.Length ?? 0);
            return answer;
        }
        catch (GridException refusal)
        {
            metrics.CallRefused(Operation, refusal.Code);
            throw;
        }
        finally
        {
            request.Keys?.Dispose();
        }
    }

    /// <inheritdoc/>
    public async Task<BucketStatus> GetStatusAsync()
    {
        var bucket = await GetOpenAsync();
        return await CallAsync(bucket, () => bucket.Engine.Replica!.DescribeAsync(bucket.Engine.GetStatus(), CancellationToken.None));
    }

    /// <inheritdoc/>
    public async Task RefillAsync(NodeName leader)
    {
        var bucket = Bucket();
        var ticket = await GrainFactory.GetGrain<IReplicaGrain>(new ReplicaKey(bucket, leader).ToString()).OpenRefillAsync();
        await CloseAsync();
        await host.RefillAsync(bucket, ticket, CancellationToken.None);
    }

    /// <inheritdoc/>
    public async Task<StreamTicket> OpenRefillAsync()
    {
        if (dataPort.Server is not { } server)
            throw new GridException(GridErrorCode.StorageFailed, "The leader's node has no data port, so it cannot send its files; set Grid:DataPort there.");
        var bucket = await GetOpenAsync();
        return server.Issue(new BucketSource(bucket, bucket.Engine.OpenRefillSource()));
    }

    /// <inheritdoc/>
    public async Task LeaveAsync()
    {
        if (await orphans.IsUnnamedAsync(Bucket(), CancellationToken.None))
        {
            await CloseAsync();
            await orphans.DeleteUnnamedAsync(Bucket(), CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync()
    {
        await CloseAsync();
        await host.DeleteAsync(Bucket(), CancellationToken.None);
        DeactivateOnIdle();
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => CloseAsync();

    private static async Task<T> CallAsync<T>(OpenBucket bucket, Func<Task<T>> call)
    {
        bucket.BeginCall();
        try
        {
            return await call();
        }
        finally
        {
            bucket.EndCall();
        }
    }

    private async Task<LookupAnswer> LookupAsync(OpenBucket bucket, LookupRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await bucket.Engine.LookupFollowerAsync(request, cancellationToken);
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.SchemaMismatch)
        {
            // The caller may know a newer schema than this node.
            if (!await RefreshTableAsync(bucket))
                throw;
            return await bucket.Engine.LookupFollowerAsync(request, cancellationToken);
        }
    }

    /// <summary>A reader may name any node: where there is no copy, none is made.</summary>
    private async Task RequireReplicaAsync()
    {
        if (_opening is { IsCompletedSuccessfully: true })
            return;
        var key = ReplicaKey.Parse(this.GetPrimaryKeyString());
        if (await records.ReadAsync(key.Bucket, CancellationToken.None) is { } record && record.Record.Replicas.Contains(key.Node))
            return;
        DeactivateOnIdle();
        throw new GridException(GridErrorCode.NotLeader, $"Node {key.Node} has no copy of bucket {key.Bucket}. Ask the leader, or a node that BucketStatus.Replicas names.");
    }

    private async Task<OpenBucket> GetOpenAsync()
    {
        if (_opening is null or { IsFaulted: true } or { IsCanceled: true })
            _opening = OpenAsync();
        return await _opening;
    }

    private async Task<OpenBucket> OpenAsync()
    {
        var bucket = Bucket();
        (_table, _) = await BucketTable.ReadAsync(GrainFactory, bucket);
        return await host.OpenAsync(bucket, _table, RequestClose, CancellationToken.None);
    }

    /// <summary>Reads the table again; true where it has a newer schema.</summary>
    private async Task<bool> RefreshTableAsync(OpenBucket bucket)
    {
        var (table, _) = await BucketTable.ReadAsync(GrainFactory, bucket.Id);
        if (_table is { } known && (table.Schemas.Length < known.Schemas.Length || (table.Schemas.Length == known.Schemas.Length && table.Options == known.Options)))
            return false;
        var isNewer = _table is null || table.Schemas.Length > _table.Schemas.Length;
        _table = table;
        bucket.Engine.Update(table);
        return isNewer;
    }

    /// <summary>A copy that follows cuts its log by the same rules as its leader, by itself: nobody tells it to. Where it leads, the bucket's grain does that.</summary>
    private async Task ApplyRetentionAsync(CancellationToken cancellationToken)
    {
        if (_opening is not { IsCompletedSuccessfully: true } open)
            return;
        try
        {
            var bucket = await open;
            if (bucket.Engine.Replica!.Role != ReplicaRole.Following)
                return;
            await RefreshTableAsync(bucket); // options may have changed
            await bucket.Engine.ApplyRetentionAsync(await histories.FindKeepFromAsync(GrainFactory, bucket.Engine, bucket.Id, _table!, cancellationToken), cancellationToken);
        }
        catch (Exception failure) when (failure is GridException or IOException or TimeoutException or OrleansException)
        {
            LogRetentionFailed(failure, this.GetPrimaryKeyString()); // the next tick tries again
        }
    }

    private async Task CloseAsync()
    {
        if (_opening is not { } opening)
            return;
        _opening = null;
        try
        {
            await host.CloseAsync(await opening, RequestClose);
        }
        catch (GridException)
        {
            // It never opened, and who waited for it was told.
        }
    }

    private void RequestClose() => DeactivateOnIdle();

    private BucketId Bucket() => ReplicaKey.Parse(this.GetPrimaryKeyString()).Bucket;
}
