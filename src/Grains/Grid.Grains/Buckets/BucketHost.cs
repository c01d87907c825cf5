using Grid.Abstractions;
using Grid.Storage;
using Grid.Storage.Buckets;

namespace Grid.Grains.Buckets;

/// <summary>
/// The engines of a node. At most one per bucket folder, also while an old activation is still closing its own; at most so many open; at most so
/// many bytes at work. Thread safe; its work runs on the thread pool, never on a grain's turn.
/// </summary>
public sealed class BucketHost : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<BucketId, OpenBucket> _buckets = [];
    private readonly SemaphoreSlim _seats;
    private readonly StorageNode _node;
    private readonly GridNodeOptions _options;
    private readonly TimeProvider _time;
    private readonly GridGrainMetrics _metrics;
    private bool _stopping;

    /// <summary>Makes the host of a node.</summary>
    public BucketHost(StorageNode node, GridNodeOptions options, TimeProvider time, GridGrainMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(options);
        _node = node;
        _options = options;
        _time = time;
        _metrics = metrics;
        _seats = new SemaphoreSlim(options.OpenBucketsMax);
        Bytes = new ByteBudget(options.BytesInFlightMax, metrics);
    }

    /// <summary>Buckets that are open, opening or closing.</summary>
    public int OpenBuckets
    {
        get
        {
            lock (_lock)
                return _buckets.Count;
        }
    }

    /// <summary>Bytes of requests and answers being worked on.</summary>
    public long BytesInFlight => Bytes.Used;

    internal ByteBudget Bytes { get; }

    /// <summary>Opens a bucket once nobody else has it.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="table">Its table.</param>
    /// <param name="requestClose">Called, from any thread, when the bucket should be closed to make room.</param>
    /// <param name="cancellationToken">Gives up waiting and opening.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Busy"/>: as many buckets are open as may be, and all are at work.</exception>
    internal async Task<OpenBucket> OpenAsync(BucketId bucket, TableInfo table, Action requestClose, CancellationToken cancellationToken)
    {
        var place = await TakePlaceAsync(bucket, requestClose, cancellationToken).ConfigureAwait(false);
        var seated = false;
        try
        {
            await TakeSeatAsync(bucket, cancellationToken).ConfigureAwait(false);
            seated = true;
            var started = _time.GetTimestamp();
            place.Opened(await Task.Run(() => BucketEngine.OpenAsync(_node, bucket, table, cancellationToken), cancellationToken).ConfigureAwait(false));
            _metrics.BucketOpened(_time.GetElapsedTime(started));
            return place;
        }
        catch
        {
            if (seated)
                _seats.Release();
            ReleasePlace(place);
            throw;
        }
    }

    /// <summary>Closes a bucket: what is queued is finished and flushed. Its place is free afterwards, whatever happened.</summary>
    internal async Task CloseAsync(OpenBucket place)
    {
        try
        {
            await Task.Run(async () => await place.Engine.DisposeAsync().ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            _metrics.BucketClosed();
            _seats.Release();
            ReleasePlace(place);
        }
    }

    /// <summary>Deletes the files of a bucket that nobody has open.</summary>
    internal async Task DeleteAsync(BucketId bucket, CancellationToken cancellationToken)
    {
        var place = await TakePlaceAsync(bucket, () => { }, cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(() => BucketEngine.DeleteAsync(_node, bucket, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ReleasePlace(place);
        }
    }

    /// <summary>Completes when whoever has the bucket now has closed it.</summary>
    internal Task WhenReleasedAsync(BucketId bucket)
    {
        lock (_lock)
            return _buckets.TryGetValue(bucket, out var place) ? place.Released : Task.CompletedTask;
    }

    /// <summary>The node is about to stop: fetches that wait for rows are ended, so that the activations can close their buckets.</summary>
    internal void EndWaits()
    {
        lock (_lock)
        {
            _stopping = true;
            foreach (var bucket in _buckets.Values)
                bucket.EndWaits();
        }
    }

    /// <summary>Closes what activations left open; called when the node stops, after them.</summary>
    public async ValueTask DisposeAsync()
    {
        OpenBucket[] open;
        lock (_lock)
            open = [.. _buckets.Values.Where(bucket => bucket.IsOpen)];
        foreach (var bucket in open)
            await CloseAsync(bucket).ConfigureAwait(false);
        _seats.Dispose();
    }

    private async Task<OpenBucket> TakePlaceAsync(BucketId bucket, Action requestClose, CancellationToken cancellationToken)
    {
        while (true)
        {
            OpenBucket? other;
            lock (_lock)
            {
                if (!_buckets.TryGetValue(bucket, out other))
                {
                    var place = new OpenBucket(bucket, _time, requestClose);
                    _buckets.Add(bucket, place);
                    if (_stopping)
                        place.EndWaits();
                    return place;
                }
            }

            await other.Released.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void ReleasePlace(OpenBucket place)
    {
        lock (_lock)
            _buckets.Remove(place.Id);
        place.Release();
    }

    private async Task TakeSeatAsync(BucketId bucket, CancellationToken cancellationToken)
    {
        if (_seats.Wait(0, CancellationToken.None))
            return;
        if (FindLeastRecentlyUsed() is { } victim)
        {
            victim.RequestClose();
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.OpenWaitMsMax), _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                await _seats.WaitAsync(either.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Fall through: the victim did not close in time.
            }
        }

        throw new GridException(GridErrorCode.Busy,
            $"Bucket {bucket} cannot be opened: {_options.OpenBucketsMax} buckets are open and none is idle. Try again later, or raise OpenBucketsMax.");
    }

    private OpenBucket? FindLeastRecentlyUsed()
    {
        OpenBucket? oldest = null;
        lock (_lock)
            foreach (var bucket in _buckets.Values)
                if (bucket.IsIdle && (oldest is null || bucket.LastUsed < oldest.LastUsed))
                    oldest = bucket;
        return oldest;
    }
}
