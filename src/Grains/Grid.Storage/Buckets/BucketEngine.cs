using Grid.Abstractions;
using Grid.Storage.DataPort;
using Grid.Storage.Kv;
using Grid.Storage.Lake.Keys;
using Grid.Storage.Log;
using Grid.Storage.Remote;
using Grid.Storage.Replication;

namespace Grid.Storage.Buckets;

/// <summary>
/// A bucket on this node: log, writer loop and, in a primary-key table, shard. Thread safe. Blocks follow <see cref="FrameBlock"/>'s rules: the
/// engine retains a request's block before its first await. Refusals are <see cref="GridException"/>s.
/// </summary>
public sealed class BucketEngine : IAsyncDisposable
{
    private const string LakeFolderName = "lake";
    private readonly StorageNode _node;
    private readonly BucketId _bucket;
    private readonly BucketParts _parts;
    private readonly WriteRate _rate;
    private readonly Lock _keyLock = new();
    private KeyTiering? _keyTiering;
    private RemoteBucket? _remote;
    private int _disposed;

    private BucketEngine(StorageNode node, BucketId bucket, BucketParts parts)
    {
        _node = node;
        _bucket = bucket;
        _parts = parts;
        _rate = new WriteRate(node.Time);
        Replica = parts.Shell is null ? null : new ReplicaPort(parts);
        node.Metrics.BucketOpened(this, parts.Log.BytesCut);
    }

    /// <summary>What the bucket's other replicas and the cluster say to this one; null: the engine stands alone.</summary>
    public ReplicaPort? Replica { get; }

    /// <summary>Where rows are found that the log does not have any more; null: nowhere.</summary>
    internal ILogHistory? History
    {
        get => _parts.Fetcher.History;
        set => _parts.Fetcher.History = value;
    }

    /// <summary>What tiers a bucket of a primary-key table, made by the first call; it is closed with the engine.</summary>
    internal KeyTiering GetKeyTiering(Func<string, RocksResources, KeyTiering> create)
    {
        lock (_keyLock)
        {
            if (_disposed != 0)
                throw new GridException(GridErrorCode.Closing, $"Bucket {_bucket} is closing; ask again.");
            return _keyTiering ??= create(Path.Combine(_node.FolderOf(_bucket), LakeFolderName), _node.Rocks);
        }
    }

    /// <summary>The bucket's remote segments, which end with the engine.</summary>
    internal RemoteBucket GetRemote(RemoteStorage storage)
    {
        lock (_keyLock)
        {
            if (_disposed != 0)
                throw new GridException(GridErrorCode.Closing, $"Bucket {_bucket} is closing; ask again.");
            return _remote ??= new RemoteBucket(storage, _bucket);
        }
    }

    /// <summary>Copies what there is to copy to the object store and deletes what expired there, where this node leads the bucket.</summary>
    /// <exception cref="GridException">The object store, or a damaged file; ask again later.</exception>
    internal async Task<RemoteStepKind> CopySegmentsAsync(RemoteStorage storage, RemoteRetention retention, CancellationToken cancellationToken)
    {
        var replica = _parts.Replica;
        var epoch = replica.Epoch;
        return replica.Role == ReplicaRole.Leading
            ? await GetRemote(storage).RunAsync(_parts.Log, epoch, retention, cancellationToken).ConfigureAwait(false)
            : RemoteStepKind.Deposed;
    }

    /// <summary>The offset below which retention may delete segments since copies of them count; not asked for in the object store where none is due.</summary>
    internal async Task<LogOffset> FindCopiedAsync(RemoteStorage storage, CancellationToken cancellationToken) =>
        _parts.Log.IsRetentionDue(_node.Time.GetUtcNow().ToUnixTimeMilliseconds())
            ? await GetRemote(storage).FindCopiedAsync(_parts.Log, cancellationToken).ConfigureAwait(false)
            : LogOffset.Zero;

    internal BucketLog Log => _parts.Log;

    internal long QueuedWrites => _parts.Writer.Queued;

    internal LogOffset LogEndOffset => _parts.Log.EndOffset;

    internal LogOffset HighWatermark => _parts.Log.HighWatermark;

    internal long LogBytes => BucketLog.BytesOf(_parts.Log.Segments);

    /// <summary>Opens the bucket's folder, or makes it: recovers the log, opens the shard and replays the log into it. The engine stands alone: all its log has is committed, and it leads.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: with file and position; <see cref="GridErrorCode.StorageFailed"/>;
    /// <see cref="GridErrorCode.Closing"/>: the bucket is still open on this node.</exception>
    public static Task<BucketEngine> OpenAsync(StorageNode node, BucketId bucket, TableInfo table, CancellationToken cancellationToken) =>
        OpenAsync(node, bucket, table, null, cancellationToken);

    /// <summary>As the other one, as a replica among others: it follows until <see cref="ReplicaPort.LeadAsync"/>.</summary>
    public static Task<BucketEngine> OpenReplicaAsync(StorageNode node, BucketId bucket, TableInfo table, IReplicaTransport transport, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(transport);
        return OpenAsync(node, bucket, table, new ReplicaShell(bucket, transport, node.Options.Replication, node.Time), cancellationToken);
    }

    private static async Task<BucketEngine> OpenAsync(StorageNode node, BucketId bucket, TableInfo table, ReplicaShell? shell, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(table);
        cancellationToken.ThrowIfCancellationRequested();
        node.Take(bucket);
        try
        {
            var parts = await Task.Run(() => BucketParts.OpenAsync(node, node.FolderOf(bucket), table, shell), CancellationToken.None).ConfigureAwait(false);
            return new BucketEngine(node, bucket, parts);
        }
        catch (Exception e)
        {
            shell?.Dispose();
            node.Release(bucket);
            throw AsRefusal(e, $"Bucket {bucket} cannot be opened");
        }
    }

    /// <summary>Deletes a bucket's files; the engine must be closed.</summary>
    public static async Task DeleteAsync(StorageNode node, BucketId bucket, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        cancellationToken.ThrowIfCancellationRequested();
        node.Take(bucket);
        try
        {
            await Task.Run(() =>
            {
                node.Files.DeleteDirectory(BucketRefill.StagingOf(node, bucket));
                node.Files.DeleteDirectory(node.FolderOf(bucket));
            }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw AsRefusal(e, $"The files of bucket {bucket} cannot be deleted");
        }
        finally
        {
            node.Release(bucket);
        }
    }

    /// <summary>Takes newer schema versions and options.</summary>
    public void Update(TableInfo table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _parts.Update(table, _node);
    }

    /// <summary>See <see cref="IBucketGrain.AppendAsync"/>.</summary>
    public async Task<AppendAnswer> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        if (_parts.Shard is not null)
            throw WrongKind("has a primary key; write rows instead of appending them");
        var write = Accept(request.Frames, GridLimits.AppendFramesMax, null);
        await _parts.Writer.WriteAsync(write, cancellationToken).ConfigureAwait(false);
        return new AppendAnswer { BaseOffset = write.BaseOffset, EndOffset = write.EndOffset, TimestampMs = write.TimestampMs };
    }

    /// <summary>See <see cref="IBucketGrain.WriteAsync"/>.</summary>
    public async Task<WriteAnswer> WriteAsync(WriteRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        RequireShard();
        var write = Accept(request.Frame, framesMax: 1, request);
        try
        {
            await _parts.Writer.WriteAsync(write, cancellationToken).ConfigureAwait(false);
        }
        catch (GridException e) when (e.Code == GridErrorCode.VersionConflict && write.Answer is { ConflictVersions.IsDefaultOrEmpty: false })
        {
            // Not an error between client and bucket: the answer carries the present versions.
            return write.Answer;
        }

        return (write.Answer ?? new WriteAnswer()) with { BaseOffset = write.BaseOffset, EndOffset = write.EndOffset, TimestampMs = write.TimestampMs };
    }

    /// <summary>See <see cref="IBucketGrain.FetchAsync"/>.</summary>
    public async Task<FetchAnswer> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await RequireLeaseAsync(cancellationToken).ConfigureAwait(false);
        return await _parts.Fetcher.FetchAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>See <see cref="IBucketGrain.FindOffsetAsync"/>.</summary>
    public async Task<LogOffset> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        await RequireLeaseAsync(cancellationToken).ConfigureAwait(false);
        var log = _parts.Log;
        return query.Place switch
        {
            OffsetPlace.Earliest => await _parts.Fetcher.FindStartAsync(cancellationToken).ConfigureAwait(false),
            OffsetPlace.Latest => log.HighWatermark,
            OffsetPlace.Timestamp => await _parts.Fetcher.FindTimestampAsync(RequirePast(query.TimestampMs), cancellationToken).ConfigureAwait(false),
            _ => throw new GridException(GridErrorCode.InvalidArgument, $"{query.Place} is not a place in a log; ask for earliest, latest or a timestamp."),
        };
    }

    /// <summary>See <see cref="IBucketGrain.LookupAsync"/>.</summary>
    public Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var lease = RequireLeaseAsync(cancellationToken);
        return lease.IsCompletedSuccessfully ? RequireShard().LookupAsync(request, cancellationToken) : LookupLaterAsync(lease, request, cancellationToken);
    }

    /// <summary>A lookup at whatever role, see <see cref="IFollowerGrain.LookupAsync"/>: it sees everything below the request's floor, which it waits for, and perhaps more.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NotLeader"/>: this copy has not met a leader since it was opened, or has not caught up with it yet.</exception>
    public Task<LookupAnswer> LookupFollowerAsync(LookupRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!_parts.Replica.HasCaughtUp)
            throw new GridException(GridErrorCode.NotLeader, $"This copy of bucket {_bucket} follows no leader yet, or has not caught up with it; ask the leader.");
        return RequireShard().LookupAsync(request, cancellationToken);
    }

    /// <summary>See <see cref="IBucketGrain.OpenScanAsync"/>.</summary>
    public async Task<ScanAnswer> OpenScanAsync(ScanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await RequireLeaseAsync(cancellationToken).ConfigureAwait(false);
        return await RequireShard().OpenScanAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>See <see cref="IBucketGrain.NextScanAsync"/>.</summary>
    public Task<ScanAnswer> NextScanAsync(long scanId, int page, CancellationToken cancellationToken) => RequireShard().NextScanAsync(scanId, page, cancellationToken);

    /// <summary>See <see cref="IBucketGrain.CloseScanAsync"/>.</summary>
    public Task CloseScanAsync(long scanId) => RequireShard().CloseScanAsync(scanId);

    /// <summary>The frames that fetches would answer from the request's offset until one reaches <paramref name="stop"/>, for the data port.</summary>
    /// <exception cref="GridException">As <see cref="FetchAsync"/>; <see cref="GridErrorCode.OffsetOutOfRange"/>: the stop.</exception>
    public IDataSource OpenLogSource(FetchRequest request, LogOffset stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _parts.Fetcher.OpenSource(request, stop);
    }

    /// <summary>The bucket's files as another node can open them, for the data port; <see cref="FileSetReceiver"/> receives them.</summary>
    public IDataSource OpenRefillSource() => new RefillSource(_parts.Log, _parts.Shard, _node.Files, _node.NextCheckpointFolder(_bucket));

    /// <summary>See <see cref="IBucketGrain.GetStatusAsync"/>.</summary>
    public BucketStatus GetStatus()
    {
        var (log, shard) = (_parts.Log, _parts.Shard);
        return new BucketStatus
        {
            Bucket = _bucket,
            StartOffset = log.StartOffset,
            HighWatermark = log.HighWatermark,
            LogEndOffset = log.EndOffset,
            LogBytes = LogBytes,
            Segments = log.Segments.Length,
            ShardBytes = shard?.Bytes ?? 0,
            ShardRowsEstimate = shard?.RowsEstimate ?? 0,
            AppliedOffset = shard?.AppliedOffset ?? log.HighWatermark,
            LastTimestampMs = log.LastTimestampMs,
            Epoch = _parts.Replica.Epoch,
        };
    }

    /// <summary>Bytes a second that clients wrote to it here, over the last minutes.</summary>
    public long WrittenPerSecond => _rate.PerSecond(_parts.Log.BytesWritten);

    /// <summary>Deletes what retention allows; called from time to time.</summary>
    /// <param name="keepFrom">The first offset that the lake or the remote segments lack and the log must keep; null: there is neither.</param>
    /// <param name="cancellationToken">Gives up before it begins.</param>
    public async Task ApplyRetentionAsync(LogOffset? keepFrom, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var nowMs = _node.Time.GetUtcNow().ToUnixTimeMilliseconds();
            var deleted = await Task.Run(
                () =>
                {
                    _parts.Log.Settle();
                    return _parts.ApplyRetention(nowMs, keepFrom ?? new LogOffset(long.MaxValue));
                },
                CancellationToken.None).ConfigureAwait(false);
            _node.Metrics.SegmentsDeleted(deleted);
        }
        catch (Exception e) when (e is not GridException)
        {
            throw AsRefusal(e, $"Old segments of bucket {_bucket} cannot be deleted");
        }
    }

    /// <summary>Finishes what is queued, flushes, closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        KeyTiering? keyTiering;
        RemoteBucket? remote;
        lock (_keyLock)
        {
            if (_disposed != 0)
                return;
            _disposed = 1;
            (keyTiering, remote) = (_keyTiering, _remote);
        }

        _node.Metrics.BucketClosed(this);
        try
        {
            // Its folder is within the bucket's, and a round reads from what is closed next.
            if (keyTiering is not null)
                await keyTiering.DisposeAsync().ConfigureAwait(false);
            if (remote is not null)
                await remote.DisposeAsync().ConfigureAwait(false);
            await Task.Run(() => _parts.CloseAsync(), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _node.Release(_bucket);
            if (History is { } history)
                await history.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes a reference to the block and the frames out of it; from here on the write is answered, whatever happens.</summary>
    private static PendingWrite Accept(FrameBlock? block, int framesMax, WriteRequest? request)
    {
        if (block is null)
            throw new GridException(GridErrorCode.InvalidArgument, "The request has no block of frames; send at least one frame.");
        if (!block.TryRetain())
            throw new GridException(GridErrorCode.InvalidArgument, "The caller disposed the request's frames before the call ended.");
        try
        {
            return new PendingWrite(block, IncomingFrames.Parse(block, framesMax), request);
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    /// <summary>A leader that could not confirm its epoch for a while may be deposed: it reads again when it could.</summary>
    private Task RequireLeaseAsync(CancellationToken cancellationToken) => _parts.Shell?.RequireLeaseAsync(cancellationToken) ?? Task.CompletedTask;

    private async Task<LookupAnswer> LookupLaterAsync(Task lease, LookupRequest request, CancellationToken cancellationToken)
    {
        // The caller may give up meanwhile and take its keys away.
        if (request.Keys is { } keys && !keys.TryRetain())
            throw new GridException(GridErrorCode.InvalidArgument, "The caller disposed the lookup's keys before the call ended.");
        try
        {
            await lease.ConfigureAwait(false);
            return await RequireShard().LookupAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            request.Keys?.Dispose();
        }
    }

    private KeyValueShard RequireShard() => _parts.Shard ?? throw WrongKind("has no primary key; append frames and fetch them");

    private long RequirePast(long timestampMs)
    {
        var nowMs = Math.Max(_node.Time.GetUtcNow().ToUnixTimeMilliseconds(), _parts.Log.LastTimestampMs);
        return timestampMs <= nowMs
            ? timestampMs
            : throw new GridException(GridErrorCode.TimestampOutOfRange, $"The timestamp {timestampMs} lies in the future; the node's clock says {nowMs}. Start at the latest offset.");
    }

    private GridException WrongKind(string what) => new(GridErrorCode.WrongTableKind, $"{_parts.Table.Path} {what}.");

    private static GridException AsRefusal(Exception e, string what) =>
        e as GridException ?? new GridException(GridErrorCode.StorageFailed, $"{what}: {e.Message}", e);
}
