using Grid.Abstractions;
using Grid.Storage.Kv;
using Grid.Storage.Log;

namespace Grid.Storage.Buckets;

/// <summary>
/// A bucket on this node: log, writer loop and, in a primary-key table, shard. Thread safe. Blocks follow <see cref="FrameBlock"/>'s rules: the
/// engine retains a request's block before its first await. Refusals are <see cref="GridException"/>s.
/// </summary>
public sealed class BucketEngine : IAsyncDisposable
{
    private readonly StorageNode _node;
    private readonly BucketId _bucket;
    private readonly BucketParts _parts;
    private int _disposed;

    private BucketEngine(StorageNode node, BucketId bucket, BucketParts parts)
    {
        _node = node;
        _bucket = bucket;
        _parts = parts;
        node.Metrics.BucketOpened(this, parts.Log.BytesCut);
    }

    internal long QueuedWrites => _parts.Writer.Queued;

    internal LogOffset LogEndOffset => _parts.Log.EndOffset;

    internal LogOffset HighWatermark => _parts.Log.HighWatermark;

    internal long LogBytes => BucketLog.BytesOf(_parts.Log.Segments);

    /// <summary>Opens the bucket's folder, or makes it: recovers the log, opens the shard and replays the log into it.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: with file and position; <see cref="GridErrorCode.StorageFailed"/>;
    /// <see cref="GridErrorCode.Closing"/>: the bucket is still open on this node.</exception>
    public static async Task<BucketEngine> OpenAsync(StorageNode node, BucketId bucket, TableInfo table, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(table);
        cancellationToken.ThrowIfCancellationRequested();
        node.Take(bucket);
        try
        {
            var parts = await Task.Run(() => BucketParts.OpenAsync(node, node.FolderOf(bucket), table), CancellationToken.None).ConfigureAwait(false);
            return new BucketEngine(node, bucket, parts);
        }
        catch (Exception e)
        {
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
            await Task.Run(() => node.Files.DeleteDirectory(node.FolderOf(bucket)), CancellationToken.None).ConfigureAwait(false);
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
    public Task<FetchAnswer> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _parts.Fetcher.FetchAsync(request, cancellationToken);
    }

    /// <summary>See <see cref="IBucketGrain.FindOffsetAsync"/>.</summary>
    public Task<LogOffset> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        var log = _parts.Log;
        return Task.FromResult(query.Place switch
        {
            OffsetPlace.Earliest => log.StartOffset,
            OffsetPlace.Latest => log.HighWatermark,
            OffsetPlace.Timestamp => log.FindTimestamp(RequirePast(query.TimestampMs)),
            _ => throw new GridException(GridErrorCode.InvalidArgument, $"{query.Place} is not a place in a log; ask for earliest, latest or a timestamp."),
        });
    }

    /// <summary>See <see cref="IBucketGrain.LookupAsync"/>.</summary>
    public Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RequireShard().LookupAsync(request, cancellationToken);
    }

    /// <summary>See <see cref="IBucketGrain.OpenScanAsync"/>.</summary>
    public Task<ScanAnswer> OpenScanAsync(ScanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return RequireShard().OpenScanAsync(request, cancellationToken);
    }

    /// <summary>See <see cref="IBucketGrain.NextScanAsync"/>.</summary>
    public Task<ScanAnswer> NextScanAsync(long scanId, int page, CancellationToken cancellationToken) => RequireShard().NextScanAsync(scanId, page, cancellationToken);

    /// <summary>See <see cref="IBucketGrain.CloseScanAsync"/>.</summary>
    public Task CloseScanAsync(long scanId) => RequireShard().CloseScanAsync(scanId);

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
            Epoch = _parts.Writer.Epoch,
        };
    }

    /// <summary>Deletes what retention allows; called from time to time.</summary>
    public async Task ApplyRetentionAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var nowMs = _node.Time.GetUtcNow().ToUnixTimeMilliseconds();
            await _parts.Log.SettleAsync().ConfigureAwait(false);
            var deleted = await Task.Run(() => _parts.ApplyRetention(nowMs), CancellationToken.None).ConfigureAwait(false);
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
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _node.Metrics.BucketClosed(this);
        try
        {
            await Task.Run(() => _parts.CloseAsync(), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _node.Release(_bucket);
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
