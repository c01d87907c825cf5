using Grid.Abstractions;
using Grid.Storage.Files;
using Grid.Storage.Kv;
using Grid.Storage.Log;

namespace Grid.Storage.Buckets;

/// <summary>What an open bucket is made of: opened together, closed in the other order.</summary>
internal sealed class BucketParts
{
    private volatile TableInfo _table;

    private BucketParts(TableInfo table, BucketLog log, KeyValueShard? shard, IWriteStage stage, StorageNode node)
    {
        _table = table;
        Log = log;
        Shard = shard;
        Stage = stage;
        var settings = LogSettings.From(table, node.Options.DefaultFlush);
        Writer = new BucketWriter(log, stage, Signal, settings.FlushEveryGroup, node);
        Fetcher = new LogFetcher(log, Signal, table, node.Time, node.Metrics);
    }

    public TableInfo Table => _table;

    public BucketLog Log { get; }

    public KeyValueShard? Shard { get; }

    public IWriteStage Stage { get; }

    public WatermarkSignal Signal { get; } = new();

    public BucketWriter Writer { get; }

    public LogFetcher Fetcher { get; }

    /// <summary>Opens log and shard. Blocking, on a pool thread.</summary>
    public static async Task<BucketParts> OpenAsync(StorageNode node, string folder, TableInfo table)
    {
        var nowMs = node.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var directory = Path.Combine(folder, "log");
        var log = BucketLog.Open(node.Files, directory, LogSettings.From(table, node.Options.DefaultFlush), nowMs);
        try
        {
            if (log.Segments.Length == 0)
                SyncParents(node, directory);
            if (!table.HasPrimaryKey)
                return new BucketParts(table, log, null, new LogTableStage(table, log.LastVersion), node);
            var shard = await OpenShardAsync(node, Path.Combine(folder, "kv"), table, log).ConfigureAwait(false);
            return new BucketParts(table, log, shard, new KeyValueStage(shard), node);
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    public void Update(TableInfo table, StorageNode node)
    {
        _table = table;
        var settings = LogSettings.From(table, node.Options.DefaultFlush);
        Log.Update(settings);
        Writer.Update(settings.FlushEveryGroup);
        Fetcher.Update(table);
        Shard?.Update(table);
        (Stage as LogTableStage)?.Update(table);
    }

    /// <summary>Deletes the segments that retention allows; answers how many. Blocking.</summary>
    public int ApplyRetention(long nowMs)
    {
        // What a shard has only in memory is in the log alone: it is brought into files before the log lets go of it.
        if (Log.IsRetentionDue(nowMs))
            Shard?.Flush();
        return Log.ApplyRetention(nowMs, Stage.NeededFrom);
    }

    /// <summary>Answers what is queued, wakes who waits, flushes and closes. Blocking, on a pool thread.</summary>
    public async Task CloseAsync()
    {
        Signal.Close();
        await Writer.DisposeAsync().ConfigureAwait(false);
        try
        {
            // The log first: a shard that is ahead of the log's file would have to be rebuilt.
            if (Log.Failure is null)
                Log.Flush();
        }
        finally
        {
            await CloseShardAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Lets go of the folder whatever became of the log's last flush: what stays open here could not be opened again before the process ends.</summary>
    private async Task CloseShardAsync()
    {
        try
        {
            if (Shard is not null)
                await Shard.DisposeAsync().ConfigureAwait(false);
            (Stage as IDisposable)?.Dispose();
        }
        finally
        {
            Log.Dispose();
        }
    }

    private static async Task<KeyValueShard> OpenShardAsync(StorageNode node, string path, TableInfo table, BucketLog log)
    {
        var shard = KeyValueShard.Open(path, table, node.Rocks, node.Options, log.StartOffset, log.EndOffset, node.Time);
        try
        {
            using var replay = shard.Replay();
            foreach (var frame in log.ReadFrames(shard.AppliedOffset))
                replay.Add(frame);
            shard.Finish(replay);
            return shard;
        }
        catch
        {
            await shard.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes the names of a new bucket's folders durable, up to the data directory.</summary>
    private static void SyncParents(StorageNode node, string directory)
    {
        while (directory.Length > node.Options.DataDirectory.Length && Path.GetDirectoryName(directory) is { } parent)
        {
            node.Files.SyncDirectory(parent);
            directory = parent;
        }
    }
}
