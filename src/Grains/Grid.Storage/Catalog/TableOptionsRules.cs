using Grid.Abstractions;
using Grid.Storage.Partitions;

namespace Grid.Storage.Catalog;

/// <summary>The legal ranges of a table's options.</summary>
public static class TableOptionsRules
{
    private const long SegmentBytesLeast = 64 * 1024;
    private const long SegmentBytesMost = 1024L * 1024 * 1024;
    private const long SegmentAgeMsLeast = 1000;
    private const long FreshnessMsLeast = 1000;
    private const long FreshnessMsMost = 24 * 3_600_000;

    /// <summary>Checks options.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static void Require(TableOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Require(options.Buckets is >= 1 and <= TableOptions.BucketsMax, "buckets", options.Buckets, $"1 to {TableOptions.BucketsMax}");
        Require(Enum.IsDefined(options.Compression), "compression", (long)options.Compression, "none, lz4 or zstd");
        Require(Enum.IsDefined(options.Flush), "flush", (long)options.Flush, "default, os or commit");
        Require(Enum.IsDefined(options.Merge), "merge", (long)options.Merge, "lastRow");
        Require(options.SegmentBytesMax is >= SegmentBytesLeast and <= SegmentBytesMost, "segmentBytesMax", options.SegmentBytesMax, $"{SegmentBytesLeast} (64 KiB) to {SegmentBytesMost} (1 GiB)");
        Require(options.SegmentAgeMsMax >= SegmentAgeMsLeast, "segmentAgeMsMax", options.SegmentAgeMsMax, $"{SegmentAgeMsLeast} or more");
        Require(options.RetentionMs >= 0, "retentionMs", options.RetentionMs, "0 (for ever) or more");
        Require(options.RetentionBytes >= 0, "retentionBytes", options.RetentionBytes, "0 (no limit) or more");
        Require(options.Replicas is >= 0 and <= BucketRecord.ReplicasMax, "replicas", options.Replicas, $"0 (the cluster's default) to {BucketRecord.ReplicasMax}");
        Require(Enum.IsDefined(options.Lake), "lake", (long)options.Lake, "none, on or paused");
        Require(options.LakeFreshnessMs is >= FreshnessMsLeast and <= FreshnessMsMost, "lakeFreshnessMs", options.LakeFreshnessMs, $"{FreshnessMsLeast} (1 s) to {FreshnessMsMost} (1 day)");
        RequireRemote(options);
        var inSyncMost = options.Replicas == 0 ? BucketRecord.ReplicasMax : options.Replicas;
        Require(options.MinInSync >= 0 && options.MinInSync <= inSyncMost, "minInSync", options.MinInSync,
            options.Replicas == 0 ? $"0 (the default) to {inSyncMost}" : $"0 (the default) to {inSyncMost}, the table's replicas");
        PartitionRules.Require(options.Partitions);
    }

    /// <summary>Checks that options may take the place of others.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static void RequireReplaceable(TableOptions present, TableOptions next)
    {
        ArgumentNullException.ThrowIfNull(present);
        Require(next);
        Require(next.Buckets == present.Buckets, "buckets", next.Buckets, $"{present.Buckets}: the number of buckets is fixed when a table is made");
        Require(next.Lake != LakeMode.None || present.Lake == LakeMode.None, "lake", (long)next.Lake, "on or paused: a table that has a lake table keeps it");
        Require(next.Remote != RemoteMode.None || present.Remote == RemoteMode.None, "remote", (long)next.Remote,
            "on or paused: the log may have given up what the remote segments have, so a table that has some keeps them. Pause it, or let copies go by remoteRetentionMs");
        PartitionRules.RequireReplaceable(present.Partitions, next.Partitions);
        Require(next.Merge == present.Merge, "merge", (long)next.Merge, $"{present.Merge}: the merge engine is fixed when a table is made");
    }

    /// <summary>Checks that a table of that kind may have the options.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static void RequireFitting(TablePath path, TableSchema schema, TableOptions options)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(options);
        PartitionRules.RequireFitting(path, schema, options.Partitions);
        if (options.Lake != LakeMode.None && schema is { IsPartitioned: true, HasPrimaryKey: true })
            throw new GridException(GridErrorCode.InvalidArgument, $"{path} is partitioned and has a primary key; of partitioned tables only log tables tier into the lake in this version. Make the table without the lake, or without partitions.");
    }

    private static void RequireRemote(TableOptions options)
    {
        Require(Enum.IsDefined(options.Remote), "remote", (long)options.Remote, "none, on or paused");
        Require(options.RemoteRetentionMs >= 0, "remoteRetentionMs", options.RemoteRetentionMs, "0 (for ever) or more");
        Require(options.RemoteRetentionBytes >= 0, "remoteRetentionBytes", options.RemoteRetentionBytes, "0 (no limit) or more");
        if (options.Remote == RemoteMode.None)
            return;
        Require(options.RemoteRetentionMs == 0 || options.RemoteRetentionMs >= options.RetentionMs, "remoteRetentionMs", options.RemoteRetentionMs, $"0 (for ever), or {options.RetentionMs} or more: the log's own retention");
        Require(options.RemoteRetentionBytes == 0 || options.RemoteRetentionBytes >= options.RetentionBytes, "remoteRetentionBytes", options.RemoteRetentionBytes,
            $"0 (no limit), or {options.RetentionBytes} or more: the log's own retention");
    }

    private static void Require(bool legal, string option, long value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"Table option {option} is {value}; legal is {range}.");
    }
}
