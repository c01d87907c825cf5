using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// The latest row of each key of a bucket, in RocksDB. One writer (the stage, or the replay before it) and any number of readers. Reads run on pool
/// threads, a bounded number at once over the node: they block, and a grain's turn must not.
/// </summary>
internal sealed class KeyValueShard : IAsyncDisposable
{
    private readonly string _path;
    private readonly RocksResources _resources;
    private readonly AppliedOffset _applied;
    private readonly ShardScans _scans;
    private RowAnswers _answers;

    private KeyValueShard(string path, ShardStore store, TableInfo table, RocksResources resources, StorageNodeOptions options, TimeProvider time)
    {
        _path = path;
        _resources = resources;
        Store = store;
        _applied = new AppliedOffset(store.ReadApplied(), time);
        _scans = new ShardScans(options.OpenScansMax, TimeSpan.FromMilliseconds(options.ScanIdleMsMax), time);
        _answers = new RowAnswers(new RowLayouts(table));
    }

    /// <summary>Everything below this offset is in the shard.</summary>
    public LogOffset AppliedOffset => _applied.Value;

    /// <summary>RocksDB's estimate of the rows; the shard's own record is not one.</summary>
    public long RowsEstimate => Math.Max(0, Store.Rocks.KeysEstimate - 1);

    /// <summary>Bytes of files and memtables.</summary>
    public long Bytes => Store.Rocks.Bytes;

    public ShardStore Store { get; }

    public RowLayouts Layouts => Volatile.Read(ref _answers).Layouts;

    /// <summary>Opens the folder, or makes it; what the log has beyond <see cref="AppliedOffset"/> is then replayed with <see cref="Replay"/>. Blocking.</summary>
    /// <param name="path">The bucket's kv folder.</param>
    /// <param name="table">The table.</param>
    /// <param name="resources">The node's RocksDB resources.</param>
    /// <param name="options">The node's options.</param>
    /// <param name="logStart">The first offset that the log has.</param>
    /// <param name="logEnd">The offset after its last.</param>
    /// <param name="time">The clock.</param>
    public static KeyValueShard Open(string path, TableInfo table, RocksResources resources, StorageNodeOptions options, LogOffset logStart, LogOffset logEnd, TimeProvider time) =>
        new(path, ShardFolder.Open(path, table, resources, logStart, logEnd), table, resources, options, time);

    /// <summary>Starts a replay; give it the log's frames from <see cref="AppliedOffset"/> on, then <see cref="Finish"/> it.</summary>
    public ShardReplay Replay() => new(Store, Layouts);

    /// <summary>Ends a replay.</summary>
    public void Finish(ShardReplay replay)
    {
        if (replay.Complete() is { } applied)
            _applied.Set(applied);
    }

    /// <summary>Takes newer schema versions and options.</summary>
    public void Update(TableInfo table)
    {
        var known = Layouts.Table;
        if (table.Schemas.Length > known.Schemas.Length || (table.Schemas.Length == known.Schemas.Length && table.Options != known.Options))
            Interlocked.Exchange(ref _answers, new RowAnswers(new RowLayouts(table))).Dispose();
    }

    /// <summary>Writes the rows of a group and moves the applied offset. Blocking.</summary>
    public void Apply(RocksBatch batch, LogOffset applied)
    {
        Store.Write(batch, applied);
        _applied.Set(applied);
    }

    /// <summary>The applied offset that a crash leaves: the log must keep everything from here on. Blocking, but reads at most one block.</summary>
    public LogOffset ReadFlushed() => Store.ReadFlushed();

    /// <summary>Writes memtables to files, so that <see cref="ReadFlushed"/> catches up. Blocking.</summary>
    public void Flush() => Store.Rocks.Flush();

    /// <summary>
    /// Makes a folder with the shard as it is now, on the same disk; the caller deletes it. Answers the offset up to which it has the log: read from the checkpoint itself,
    /// since writes go on meanwhile. Blocking.
    /// </summary>
    public LogOffset CreateCheckpoint(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Store.Rocks.CreateCheckpoint(path);
        using var checkpoint = RocksStore.OpenReadOnly(path, _resources);
        return new ShardStore(checkpoint, Layouts.Table.Id).ReadApplied();
    }

    /// <summary>See <see cref="IBucketGrain.LookupAsync"/>.</summary>
    public async Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken)
    {
        if (request.Keys is not { } keys)
            throw new GridException(GridErrorCode.InvalidArgument, "The lookup has no block of keys; send at least one key.");
        if (!keys.TryRetain())
            throw new GridException(GridErrorCode.InvalidArgument, "The caller disposed the lookup's keys before the call ended.");
        try
        {
            var shape = new AnswerShape(request.SchemaVersion, request.Project ? request.Columns : default, request.Versions);
            Volatile.Read(ref _answers).Check(shape);
            await _applied.WaitAsync(request.Floor, cancellationToken).ConfigureAwait(false);
            if (ShardLookup.TryRunCached(Store.Rocks, AppliedOffset, Volatile.Read(ref _answers), keys.Memory, shape) is { } cached)
                return cached;
            return await RunAsync(() => ShardLookup.Run(Store.Rocks, AppliedOffset, Volatile.Read(ref _answers), keys.Memory, shape), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            keys.Dispose();
        }
    }

    /// <summary>See <see cref="IBucketGrain.OpenScanAsync"/>.</summary>
    public async Task<ScanAnswer> OpenScanAsync(ScanRequest request, CancellationToken cancellationToken)
    {
        RequireBound(request.Lower);
        RequireBound(request.Upper);
        if (request.Limit < 0)
            throw new GridException(GridErrorCode.InvalidArgument, $"The scan's limit is {request.Limit}; use 0 for all rows or a positive number.");
        var shape = new AnswerShape(request.SchemaVersion, request.Project ? request.Columns : default, request.Versions);
        Volatile.Read(ref _answers).Check(shape);
        await _applied.WaitAsync(request.Floor, cancellationToken).ConfigureAwait(false);
        return await RunAsync(() => _scans.Open(Store, Volatile.Read(ref _answers), request, shape), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>See <see cref="IBucketGrain.NextScanAsync"/>.</summary>
    public Task<ScanAnswer> NextScanAsync(long scanId, int page, CancellationToken cancellationToken) =>
        RunAsync(() => _scans.Next(scanId, Volatile.Read(ref _answers), page), cancellationToken);

    /// <summary>See <see cref="IBucketGrain.CloseScanAsync"/>.</summary>
    public Task CloseScanAsync(long scanId) => Task.Run(() => _scans.Close(scanId));

    /// <summary>Closes scans, ends waits, flushes, closes the folder: the next open has nothing to replay.</summary>
    public async ValueTask DisposeAsync()
    {
        _applied.Dispose();
        await Task.Run(() =>
        {
            _scans.Dispose();
            try
            {
                Store.Rocks.Flush();
            }
            catch (GridException)
            {
                // Nothing is lost: what is not flushed is in the log and replayed at the next open.
            }
        }).ConfigureAwait(false);
        await Store.DisposeAsync().ConfigureAwait(false);
        _answers.Dispose();
    }

    private static void RequireBound(System.Collections.Immutable.ImmutableArray<byte> bound)
    {
        if (!bound.IsDefault && bound.Length > GridLimits.KeyBytesMax)
            throw new GridException(GridErrorCode.TooLarge, $"A scan's bound has {bound.Length} bytes; a key has at most {GridLimits.KeyBytesMax}.");
    }

    /// <summary>Runs a blocking read on a pool thread, and notes damage so that the next open rebuilds the shard.</summary>
    private async Task<T> RunAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        await _resources.Readers.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(read, cancellationToken).ConfigureAwait(false);
        }
        catch (GridException exception) when (RocksError.IsDamage(exception))
        {
            ShardFolder.MarkDamaged(_path);
            throw;
        }
        finally
        {
            _resources.Readers.Release();
        }
    }
}
