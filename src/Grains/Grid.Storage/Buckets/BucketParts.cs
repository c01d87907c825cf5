using Grid.Abstractions;
using Grid.Storage.Files;
using Grid.Storage.Kv;
using Grid.Storage.Log;
using Grid.Storage.Replication;

namespace Grid.Storage.Buckets;

/// <summary>What an open bucket is made of: opened together, closed in the other order.</summary>
internal sealed class BucketParts
{
    private readonly CommittedFrames _committed;
    private readonly TimeProvider _time;
    private readonly TimeSpan _closeWait;
    private volatile TableInfo _table;

    private BucketParts(StorageNode node, BucketLog log, KeyValueShard? shard, WatermarkSignal signal, BucketReplica replica, CommittedFrames committed, ReplicaWorld? world, TableInfo table)
    {
        _table = table;
        Log = log;
        Shard = shard;
        Stage = shard is null ? new LogTableStage(table, log) : new KeyValueStage(shard);
        Signal = signal;
        Replica = replica;
        Shell = world?.Shell;
        _committed = committed;
        _closeWait = TimeSpan.FromMilliseconds(node.Options.Replication.CallTimeoutMs);
        _time = node.Time;
        var settings = LogSettings.From(table, node.Options.DefaultFlush);
        Writer = new BucketWriter(log, Stage, replica, committed, signal, settings.FlushEveryGroup, node);
        Fetcher = new LogFetcher(log, signal, table, node.Time, node.Metrics);
        replica.Update(table, settings.FlushEveryGroup);
        if (world is null)
            replica.LeadAlone();
        Shell?.Attach(replica, Writer.Loop);
    }

    public TableInfo Table => _table;

    public BucketLog Log { get; }

    public KeyValueShard? Shard { get; }

    public IWriteStage Stage { get; }

    public WatermarkSignal Signal { get; }

    public BucketReplica Replica { get; }

    /// <summary>Connects the replica with its node; null: the engine stands alone.</summary>
    public ReplicaShell? Shell { get; }

    public BucketWriter Writer { get; }

    public LogFetcher Fetcher { get; }

    /// <summary>Opens log and shard. Blocking, on a pool thread.</summary>
    /// <param name="node">The node.</param>
    /// <param name="folder">The bucket's folder.</param>
    /// <param name="table">The table.</param>
    /// <param name="shell">Connects the replica with its node; null: the engine stands alone, and all that its log has is committed.</param>
    public static Task<BucketParts> OpenAsync(StorageNode node, string folder, TableInfo table, ReplicaShell? shell) =>
        OpenAsync(node, folder, Path.Combine(folder, "kv"), table, shell is null ? null : new ReplicaWorld(shell.Self, shell, shell, shell));

    /// <summary>As the other one, in a world of the caller's: a node's, or a simulator's.</summary>
    public static async Task<BucketParts> OpenAsync(StorageNode node, string folder, string shardFolder, TableInfo table, ReplicaWorld? world)
    {
        var nowMs = node.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var directory = Path.Combine(folder, "log");
        var state = world is null ? null : ReplicaState.Read(node.Files, folder);
        LogOffset? committed = world is null ? null : state?.HighWatermark ?? LogOffset.Zero;
        var log = BucketLog.Open(node.Files, directory, LogSettings.From(table, node.Options.DefaultFlush), nowMs, committed, node.Schedule);
        try
        {
            if (log.Segments.Length == 0)
                SyncParents(node, directory);
            var shard = table.HasPrimaryKey ? await OpenShardAsync(node, shardFolder, table, log).ConfigureAwait(false) : null;
            var signal = new WatermarkSignal();
            var context = new ReplicaContext
            {
                Self = world?.Self ?? node.Options.NodeName,
                Options = node.Options.Replication,
                Time = node.Time,
                Outbox = world?.Outbox ?? NoOutbox.Instance,
                Files = node.Files,
                Folder = folder,
                Boot = node.Boot,
                Table = table,
            };
            var frames = new CommittedFrames(log, shard, signal);
            var replica = new BucketReplica(context, state, log, shard, frames, world?.Observer ?? NoOutbox.Instance);
            return new BucketParts(node, log, shard, signal, replica, frames, world, table);
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
        Writer.Loop.Post(() => Replica.Update(table, settings.FlushEveryGroup));
        Fetcher.Update(table);
        Shard?.Update(table);
        (Stage as LogTableStage)?.Update(table);
    }

    /// <summary>Deletes the segments that retention allows and that end at <paramref name="tiered"/> or before; answers how many. Blocking.</summary>
    public int ApplyRetention(long nowMs, LogOffset tiered)
    {
        // What a shard has only in memory is in the log alone: it is brought into files before the log lets go of it.
        if (Log.IsRetentionDue(nowMs))
            Shard?.Flush();
        return Log.ApplyRetention(nowMs, Stage.NeededFrom < tiered ? Stage.NeededFrom : tiered);
    }

    /// <summary>Answers what is queued, wakes who waits, flushes and closes. Blocking, on a pool thread.</summary>
    public async Task CloseAsync()
    {
        Signal.Close();
        await CloseWriterAsync().ConfigureAwait(false);
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

    /// <summary>What is under way gets a moment to be committed; then the replica leaves its part, and who still waits is told that the outcome is not known.</summary>
    private async Task CloseWriterAsync()
    {
        var writer = Writer.DisposeAsync().AsTask();
        await (Shell is null ? writer : writer.WaitAsync(_closeWait, _time)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Writer.Loop.Post(() =>
        {
            Replica.Close();
            left.SetResult();
        });
        await left.Task.ConfigureAwait(false);
        await writer.ConfigureAwait(false);
        Shell?.Dispose();
        Replica.Dispose();
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
            // What a shard has applied was committed, even where that was not noted; and it takes nothing that may still be cut.
            if (shard.AppliedOffset > log.HighWatermark)
                log.AdvanceHighWatermark(shard.AppliedOffset);
            using var replay = shard.Replay();
            foreach (var frame in log.ReadFrames(shard.AppliedOffset, log.HighWatermark))
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
