using Grid.Abstractions;
using Grid.Storage;
using Grid.Storage.Buckets;
using Grid.Storage.Objects;
using Grid.Storage.Replication;

namespace Grid.Grains.Buckets;

/// <summary>
/// The engines of a node. At most one per bucket folder, shared by the bucket's grain and its replica's; at most so many open; at most so
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
    private readonly IReplicaTransport _transport;
    private bool _stopping;

    /// <summary>Makes the host of a node.</summary>
    public BucketHost(StorageNode node, GridNodeOptions options, IReplicaTransport transport, TimeProvider time, GridGrainMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(options);
        _transport = transport;
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

    /// <summary>Opens a bucket, or joins those who have it open. Whoever got it gives it back with <see cref="CloseAsync"/>.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="table">Its table.</param>
    /// <param name="requestClose">The user: called, from any thread, when the bucket should be closed to make room.</param>
    /// <param name="cancellationToken">Gives up waiting and opening.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Busy"/>: as many buckets are open as may be, and all are at work.</exception>
    internal async Task<OpenBucket> OpenAsync(BucketId bucket, TableInfo table, Action requestClose, CancellationToken cancellationToken)
    {
        var place = await JoinAsync(bucket, requestClose, place => OpenEngineAsync(place.Id, table), cancellationToken).ConfigureAwait(false);
        try
        {
            (await place.Opening.WaitAsync(cancellationToken).ConfigureAwait(false)).Update(table);
            return place;
        }
        catch
        {
            await CloseAsync(place, requestClose).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Gives a bucket back. The last user closes it: what is queued is finished and flushed. Its place is free afterwards, whatever happened.</summary>
    internal async Task CloseAsync(OpenBucket place, Action requestClose)
    {
        lock (_lock)
            if (!place.Leave(requestClose))
                return;
        try
        {
            var engine = await place.Opening.ConfigureAwait(false);
            try
            {
                await Task.Run(async () => await engine.DisposeAsync().ConfigureAwait(false)).ConfigureAwait(false);
            }
            finally
            {
                _metrics.BucketClosed();
                _seats.Release();
            }
        }
        catch (Exception failure) when (place.Opening.IsFaulted || place.Opening.IsCanceled)
        {
            _ = failure; // it never opened, and who waited for it was told
        }
        finally
        {
            ReleasePlace(place);
        }
    }

    /// <summary>The buckets that are open and lead.</summary>
    internal IReadOnlyList<OpenBucket> ListLeaders()
    {
        lock (_lock)
            return [.. _buckets.Values.Where(bucket => bucket.IsOpen && bucket.Engine.Replica is { Role: not ReplicaRole.Following })];
    }

    /// <summary>The buckets that are open.</summary>
    internal IReadOnlyList<OpenBucket> ListOpen()
    {
        lock (_lock)
            return [.. _buckets.Values.Where(bucket => bucket.IsOpen)];
    }

    /// <summary>The bucket's record was seen with that tag: a leader that runs here and knows another one looks at it.</summary>
    internal void RecordSeen(BucketId bucket, ObjectTag tag)
    {
        ReplicaPort? replica;
        lock (_lock)
            replica = _buckets.TryGetValue(bucket, out var place) && place.IsOpen ? place.Engine.Replica : null;
        replica?.OnRecordSeen(tag);
    }

    /// <summary>Replaces a bucket's files by those of another node, once nobody has it open here: its users are asked to leave.</summary>
    internal Task RefillAsync(BucketId bucket, StreamTicket ticket, CancellationToken cancellationToken) => AloneAsync(bucket, async () =>
    {
        var reader = await DataPortClient.ConnectAsync(ticket, new DataPortClientOptions { Wrap = _options.DataPortClientWrap }, _time, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
            await BucketRefill.RunAsync(_node, bucket, reader, cancellationToken).ConfigureAwait(false);
    }, cancellationToken);

    /// <summary>Deletes the files of a bucket once nobody has it open: its users are asked to leave.</summary>
    internal Task DeleteAsync(BucketId bucket, CancellationToken cancellationToken) =>
        AloneAsync(bucket, () => Task.Run(() => BucketEngine.DeleteAsync(_node, bucket, cancellationToken), cancellationToken), cancellationToken);

    /// <summary>As <see cref="DeleteAsync"/>, if that is so once nobody has it open; false: it is not, and the files stay.</summary>
    internal async Task<bool> DeleteIfAsync(BucketId bucket, Func<Task<bool>> isSo, CancellationToken cancellationToken)
    {
        var deleted = false;
        await AloneAsync(bucket, async () =>
        {
            if (!await isSo().ConfigureAwait(false))
                return;
            await Task.Run(() => BucketEngine.DeleteAsync(_node, bucket, CancellationToken.None), CancellationToken.None).ConfigureAwait(false);
            deleted = true;
        }, cancellationToken).ConfigureAwait(false);
        return deleted;
    }

    /// <summary>Asks a bucket's users to leave.</summary>
    internal void RequestClose(BucketId bucket)
    {
        IReadOnlyList<Action> users;
        lock (_lock)
            users = _buckets.TryGetValue(bucket, out var place) ? place.BeginClose() : [];
        foreach (var requestClose in users)
            requestClose();
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
        foreach (var bucket in ListOpen())
            await Task.Run(async () => await bucket.Engine.DisposeAsync().ConfigureAwait(false)).ConfigureAwait(false);
        _seats.Dispose();
    }

    /// <summary>Joins a place that is open or opening; where there is none, makes it and starts <paramref name="open"/>. One that closes is waited for.</summary>
    private async Task<OpenBucket> JoinAsync(BucketId bucket, Action requestClose, Func<OpenBucket, Task<BucketEngine>> open, CancellationToken cancellationToken)
    {
        while (true)
        {
            OpenBucket? place;
            lock (_lock)
            {
                if (!_buckets.TryGetValue(bucket, out place))
                {
                    place = NewPlace(bucket, requestClose);
                    place.Open(open(place));
                    return place;
                }

                if (place is { IsClosing: false, IsForEngine: true })
                {
                    place.Join(requestClose);
                    return place;
                }
            }

            await place.Released.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AloneAsync(BucketId bucket, Func<Task> work, CancellationToken cancellationToken)
    {
        Action nobody = static () => { };
        RequestClose(bucket);
        var place = await JoinAloneAsync(bucket, nobody, cancellationToken).ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
                place.Leave(nobody);
            ReleasePlace(place);
        }
    }

    private async Task<OpenBucket> JoinAloneAsync(BucketId bucket, Action requestClose, CancellationToken cancellationToken)
    {
        while (true)
        {
            OpenBucket? other;
            lock (_lock)
                if (!_buckets.TryGetValue(bucket, out other))
                    return NewPlace(bucket, requestClose);
            await other.Released.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private OpenBucket NewPlace(BucketId bucket, Action requestClose)
    {
        var place = new OpenBucket(bucket, _time);
        place.Join(requestClose);
        _buckets.Add(bucket, place);
        if (_stopping)
            place.EndWaits();
        return place;
    }

    private Task<BucketEngine> OpenEngineAsync(BucketId bucket, TableInfo table) => Task.Run(async () =>
    {
        await TakeSeatAsync(bucket).ConfigureAwait(false);
        try
        {
            var started = _time.GetTimestamp();
            var engine = await BucketEngine.OpenReplicaAsync(_node, bucket, table, _transport, CancellationToken.None).ConfigureAwait(false);
            _metrics.BucketOpened(_time.GetElapsedTime(started));
            return engine;
        }
        catch
        {
            _seats.Release();
            throw;
        }
    });

    private void ReleasePlace(OpenBucket place)
    {
        lock (_lock)
            _buckets.Remove(place.Id);
        place.Release();
    }

    private async Task TakeSeatAsync(BucketId bucket)
    {
        if (_seats.Wait(0, CancellationToken.None))
            return;
        if (FindLeastRecentlyUsed() is { } victim)
        {
            RequestClose(victim.Id);
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.OpenWaitMsMax), _time);
            try
            {
                await _seats.WaitAsync(patience.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException)
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
