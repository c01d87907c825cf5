using System.Runtime.InteropServices;
using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Kv;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;

namespace Grid.Storage.Lake.Keys;

/// <summary>
/// Tiers one bucket of a primary-key table, on the node that leads it. A round is what the changelog comes to: of each key that changed, the last row goes into a data file, and the row that the lake has of it is
/// said to be gone. So each key is written once a commit, and a reader that knows only Iceberg sees at every snapshot the table as it was at the snapshot's offsets. Where the older rows are tells a
/// <see cref="LakeIndex"/>. One round at a time; who asks meanwhile waits.
/// <para>Memory: <see cref="TierOptions.KeyRoundBytesMax"/> of changes, copies of a few thousand rows of them, and a row group.</para>
/// </summary>
/// <param name="lake">The lake table.</param>
/// <param name="store">Its store.</param>
/// <param name="folder">Where the index is.</param>
/// <param name="resources">The node's RocksDB resources.</param>
/// <param name="options">Bounds.</param>
/// <param name="time">The clock.</param>
internal sealed class KeyTiering(LakeTable lake, ILakeStore store, string folder, RocksResources resources, TierOptions options, TimeProvider time) : IAsyncDisposable
{
    private const int FindsAtOnce = 1024;
    private const int GatherRows = 8 * 1024;
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private LakeIndex? _index;

    /// <summary>Writes what there is from the task's offset on, as far as a round goes. All of it comes into the table in one commit, or nothing.</summary>
    /// <param name="task">What to do.</param>
    /// <param name="engine">The bucket.</param>
    /// <param name="fetch">Reads its changelog.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.VersionConflict"/>: the lake is not where the task begins; else what the bucket and the store refuse.</exception>
    public async Task<TieredRows> RunAsync(TierTask task, BucketEngine engine, Func<FetchRequest, CancellationToken, Task<FetchAnswer>> fetch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return await RunAloneAsync(
            task,
            (_, index, token) => task.From == LogOffset.Zero && engine.GetStatus().StartOffset > LogOffset.Zero
                ? WriteAllAsync(task, engine, index, token)
                : WriteChangesAsync(task, fetch, index, token),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Rewrites files of the bucket where that is worth it: small ones, much deleted ones. The table stays the same, and the offset.</summary>
    /// <param name="task">The bucket; its offset must be that of the lake.</param>
    /// <param name="rule">What is worth it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException">As <see cref="RunAsync"/>; <see cref="GridErrorCode.Corrupt"/>: a file does not read.</exception>
    public Task<CompactedFiles> CompactAsync(TierTask task, KeyCompactionRule rule, CancellationToken cancellationToken) =>
        RunAloneAsync(task, (bucket, index, token) => new KeyCompaction(store, index, task, options).RunAsync(bucket, rule, token), cancellationToken);

    private async Task<T> RunAloneAsync<T>(TierTask task, Func<LakeBucketState, LakeIndex, CancellationToken, Task<T>> run, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            await _one.WaitAsync(ending.Token).ConfigureAwait(false);
            try
            {
                ending.Token.ThrowIfCancellationRequested();
                var bucket = await ReadBucketAsync(task, ending.Token).ConfigureAwait(false);
                return await run(bucket, await OpenIndexAsync(task, bucket, ending.Token).ConfigureAwait(false), ending.Token).ConfigureAwait(false);
            }
            catch (GridException exception) when (RocksError.IsDamage(exception))
            {
                await DeleteIndexAsync().ConfigureAwait(false);
                throw;
            }
            finally
            {
                _one.Release();
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            throw new GridException(GridErrorCode.Closing, $"Bucket {task.Bucket} of {lake.Location} closes on this node; it is tried again.");
        }
    }

    /// <summary>Ends a round that is under way, and closes the index. The engine lets no round begin any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _one.WaitAsync().ConfigureAwait(false);
        if (_index is not null)
            await _index.DisposeAsync().ConfigureAwait(false);
        _one.Release(); // who came too late finds the token cancelled
    }

    private async Task<LakeBucketState> ReadBucketAsync(TierTask task, CancellationToken cancellationToken)
    {
        var bucket = await LakeBucketState.ReadAsync(lake, new LakeBucket(task.Table.Bucket(task.Bucket).Partition, task.Bucket), cancellationToken).ConfigureAwait(false);
        if (bucket.Offset != task.From)
            throw new GridException(GridErrorCode.VersionConflict, $"Bucket {task.Bucket} of {lake.Location} is at offset {bucket.Offset} and was to be written from {task.From} on; somebody else wrote it. It is tried again.");
        return bucket;
    }

    /// <summary>The index, as the lake is now.</summary>
    private async Task<LakeIndex> OpenIndexAsync(TierTask task, LakeBucketState bucket, CancellationToken cancellationToken)
    {
        _index ??= LakeIndex.Open(folder, task.Table.Id, resources);
        if (_index.TryAdopt(bucket.Offset, bucket.Locations))
            return _index;
        await DeleteIndexAsync().ConfigureAwait(false);
        _index = LakeIndex.Open(folder, task.Table.Id, resources);
        await LakeIndexRebuild.RunAsync(_index, bucket, task.Table.Schema, store, cancellationToken).ConfigureAwait(false);
        return _index;
    }

    private async Task DeleteIndexAsync()
    {
        if (_index is { } index)
        {
            _index = null;
            await index.DisposeAsync().ConfigureAwait(false);
        }

        LakeIndex.Delete(folder);
    }

    private async Task<TieredRows> WriteChangesAsync(TierTask task, Func<FetchRequest, CancellationToken, Task<FetchAnswer>> fetch, LakeIndex index, CancellationToken cancellationToken)
    {
        // 1. What changed.
        using var changes = new NetChanges(task.Table.Schema);
        var source = new TierSource(fetch, task.From, options, time);
        var batches = new FrameBatches(task.Bucket, task.Table.Schema, task.Table.GetSchema, change: true);
        while (source.MayGoOn && changes.Bytes < options.KeyRoundBytesMax && await source.NextAsync(cancellationToken).ConfigureAwait(false) is { } block)
            changes.Add(block, batches, task.From);

        // 2. What that comes to, and where the lake has older rows of the same keys.
        var live = new List<KeyChange>();
        var deletes = new Dictionary<string, List<long>>(StringComparer.Ordinal);
        Settle(changes, index, live, deletes);

        // 3. The files. Keys that are deleted and were never in the lake leave nothing behind.
        var files = new KeyFiles(index, store, task, options);
        var gather = new KeyBatches(task.Table.Schema, changes);
        var at = 0;
        await files.WriteRowsAsync(_ => ValueTask.FromResult(Next()), cancellationToken).ConfigureAwait(false);
        await files.WriteDeletesAsync(deletes, cancellationToken).ConfigureAwait(false);
        if (source.Next != task.From)
            Complete(index, files, source.Next);
        return new TieredRows(files.Files, source.Next, source.HighWatermark) { Needed = files.Needed };

        KeyedRows? Next()
        {
            if (at == live.Count)
                return null;
            var first = at;
            at = Math.Min(live.Count, first + GatherRows);
            return new KeyedRows(gather.Gather(CollectionsMarshal.AsSpan(live)[first..at]), row => changes.KeyOf(live[first + row]));
        }
    }

    private static void Settle(NetChanges changes, LakeIndex index, List<KeyChange> live, Dictionary<string, List<long>> deletes)
    {
        var settled = changes.Settle();
        Span<LakePlace?> places = new LakePlace?[Math.Min(FindsAtOnce, settled.Length)];
        for (var start = 0; start < settled.Length; start += FindsAtOnce)
        {
            var part = settled[start..Math.Min(settled.Length, start + FindsAtOnce)];
            index.Find(changes, part, places);
            for (var i = 0; i < part.Length; i++)
            {
                if (places[i] is { } old)
                {
                    var file = index.State.Files[old.File];
                    if (!deletes.TryGetValue(file, out var rows))
                        deletes.Add(file, rows = []);
                    rows.Add(old.Row);
                }

                if (!part[i].IsDelete)
                    live.Add(part[i]);
                else if (places[i] is not null)
                    index.RemovePending(changes.KeyOf(part[i]));
            }
        }
    }

    /// <summary>The whole bucket, for a lake that has nothing of it and a changelog that has not all.</summary>
    private async Task<TieredRows> WriteAllAsync(TierTask task, BucketEngine engine, LakeIndex index, CancellationToken cancellationToken)
    {
        var rows = await ShardRows.OpenAsync(engine, task.Bucket, task.Table.Schema, cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            var end = rows.Offset;
            var files = new KeyFiles(index, store, task, options);
            await files.WriteRowsAsync(rows.NextAsync, cancellationToken).ConfigureAwait(false);
            Complete(index, files, end);
            return new TieredRows(files.Files, end, engine.GetStatus().HighWatermark);
        }
    }

    private static void Complete(LakeIndex index, KeyFiles files, LogOffset end) =>
        index.CompletePending(new LakeIndexState { Offset = end.Value, Files = index.State.Files.AddRange(files.Numbers) });
}
