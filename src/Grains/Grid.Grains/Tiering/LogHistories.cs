using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Log;
using Grid.Storage.Remote;

namespace Grid.Grains.Tiering;

/// <summary>Where the buckets of this node find what their logs gave up, and what those may give up: the lake and remote segments together.</summary>
public sealed class LogHistories(LakeNode lake, RemoteStorage remote)
{
    /// <summary>Where segments are copied to.</summary>
    internal RemoteStorage Remote => remote;

    /// <summary>Lets a bucket read what is kept of it elsewhere. Called again when its table has changed: it may get a lake, or remote segments, later. One caller at a time.</summary>
    internal void Attach(BucketEngine engine, BucketId bucket, TableInfo table)
    {
        var history = engine.History as LayeredHistory ?? new LayeredHistory();
        history.Add(
            () => table.Options.Remote == RemoteMode.None ? null : new RemoteHistory(engine.GetRemote(remote)),
            () => lake.HistoryOf(bucket, table));
        if (!history.IsEmpty)
            engine.History = history;
    }

    /// <summary>The offset below which a bucket's segments may be deleted: what is not in the lake yet, or not copied, is kept, whatever the retention says. Null: the table has neither.</summary>
    internal async Task<LogOffset?> FindKeepFromAsync(IGrainFactory grains, BucketEngine engine, BucketId bucket, TableInfo table, CancellationToken cancellationToken)
    {
        var tiered = await LakeNode.FindTieredAsync(grains, bucket, table);
        if (table.Options.Remote == RemoteMode.None)
            return tiered;
        var copied = await engine.FindCopiedAsync(remote, cancellationToken);
        return tiered < copied ? tiered : copied;
    }

    /// <summary>Copies what there is to copy of a bucket that this node leads, and deletes what expired.</summary>
    internal Task<RemoteStepKind> CopyAsync(BucketEngine engine, TableInfo table, CancellationToken cancellationToken) => table.Options.Remote == RemoteMode.On
        ? engine.CopySegmentsAsync(remote, new RemoteRetention(table.Options.RemoteRetentionMs, table.Options.RemoteRetentionBytes), cancellationToken)
        : Task.FromResult(RemoteStepKind.Idle);
}
