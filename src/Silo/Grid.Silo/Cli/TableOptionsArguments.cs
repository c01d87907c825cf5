using System.CommandLine;
using Grid.Abstractions;

namespace Grid.Silo.Cli;

/// <summary>The options of a table as options of a command; those not given keep their value.</summary>
internal sealed class TableOptionsArguments
{
    private readonly Option<int?> _buckets = new("--buckets") { Description = "Buckets, 1 to 1024; fixed once the table is made. Default: 4.", HelpName = "N" };
    private readonly Option<FrameCompression?> _compression = new("--compression") { Description = "How batches are compressed. Default: zstd.", HelpName = "none|lz4|zstd" };
    private readonly Option<FlushPolicy?> _flush = new("--flush") { Description = "When an append is answered: commit (the disk has it) or os. Default: the node's.", HelpName = "commit|os" };
    private readonly Option<string?> _retention = new("--retention") { Description = "Delete log segments older than this; 0: never. Default: 7d.", HelpName = "TIME" };
    private readonly Option<string?> _retentionBytes = new("--retention-bytes") { Description = "Delete the oldest segments of a bucket above this size; 0: no limit.", HelpName = "BYTES" };
    private readonly Option<string?> _segmentBytes = new("--segment-bytes") { Description = "Seal a segment at this size. Default: 256MiB.", HelpName = "BYTES" };
    private readonly Option<bool?> _emitUnchanged = new("--emit-unchanged") { Description = "Emit changes for upserts that change nothing.", HelpName = "true|false" };

    private readonly Option<int?> _replicas = new("--replicas") { Description = "Copies of each bucket on different nodes, 1 to 16; 0: the default, three where three nodes live, else one.", HelpName = "N" };
    private readonly Option<int?> _minInSync = new("--min-in-sync") { Description = "Refuse writes while fewer copies are in sync; 0: the default, two of three or more, else one.", HelpName = "N" };

    private readonly Option<LakeMode?> _lake = new("--lake") { Description = "Tier the table into a lake table (Iceberg); paused: not for the time being. Log tables only. Default: none.", HelpName = "on|paused" };
    private readonly Option<string?> _freshness = new("--lake-freshness") { Description = "How soon rows should be in the lake, 1s to 1d. Default: 1m.", HelpName = "TIME" };

    private readonly Option<RemoteMode?> _remote = new("--remote") { Description = "Copy sealed segments to the object store and read older rows there; paused: no more for the time being. Default: none.", HelpName = "on|paused" };
    private readonly Option<string?> _remoteRetention = new("--remote-retention") { Description = "Delete copies of segments older than this; 0: never. Default: 0.", HelpName = "TIME" };
    private readonly Option<string?> _remoteRetentionBytes = new("--remote-retention-bytes") { Description = "Delete the oldest copies of a bucket above this size; 0: no limit.", HelpName = "BYTES" };

    private readonly Option<PartitionUnit?> _unit = new("--partition-unit") { Description = "Make and drop partitions by time: one for each such span (UTC); fixed once the table is made.", HelpName = "hour|day|month|quarter|year" };
    private readonly Option<OnOff?> _create = new("--partition-create") { Description = "Whether rows make the partition that they lack. Default: on.", HelpName = "on|off" };
    private readonly Option<int?> _ahead = new("--partition-ahead") { Description = "With a unit: make so many partitions ahead of the present one. Default: 2.", HelpName = "N" };
    private readonly Option<int?> _keep = new("--partition-keep") { Description = "With a unit: keep so many partitions before the present one and drop older ones; 0: all. Default: 0.", HelpName = "N" };
    private readonly Option<int?> _most = new("--partition-max") { Description = "Most partitions of the table, 1 to 10000. Default: 1000.", HelpName = "N" };

    public TableOptionsArguments(Command command, bool creating)
    {
        if (creating)
        {
            command.Add(_buckets);
            command.Add(_unit);
        }

        command.Add(_create);
        command.Add(_ahead);
        command.Add(_keep);
        command.Add(_most);
        command.Add(_compression);
        command.Add(_flush);
        command.Add(_retention);
        command.Add(_retentionBytes);
        command.Add(_segmentBytes);
        command.Add(_emitUnchanged);
        command.Add(_replicas);
        command.Add(_minInSync);
        command.Add(_lake);
        command.Add(_freshness);
        command.Add(_remote);
        command.Add(_remoteRetention);
        command.Add(_remoteRetentionBytes);
    }

    /// <summary>The options with what the command line says.</summary>
    public TableOptions Apply(ParseResult parsed, TableOptions options) => options with
    {
        Buckets = parsed.GetValue(_buckets) ?? options.Buckets,
        Compression = parsed.GetValue(_compression) ?? options.Compression,
        Flush = parsed.GetValue(_flush) ?? options.Flush,
        RetentionMs = parsed.GetValue(_retention) is { } time ? Durations.ParseMs("--retention", time) : options.RetentionMs,
        RetentionBytes = parsed.GetValue(_retentionBytes) is { } most ? Durations.ParseBytes("--retention-bytes", most) : options.RetentionBytes,
        SegmentBytesMax = parsed.GetValue(_segmentBytes) is { } bytes ? Durations.ParseBytes("--segment-bytes", bytes) : options.SegmentBytesMax,
        EmitUnchanged = parsed.GetValue(_emitUnchanged) ?? options.EmitUnchanged,
        Replicas = parsed.GetValue(_replicas) ?? options.Replicas,
        MinInSync = parsed.GetValue(_minInSync) ?? options.MinInSync,
        Lake = parsed.GetValue(_lake) ?? options.Lake,
        Remote = parsed.GetValue(_remote) ?? options.Remote,
        RemoteRetentionMs = parsed.GetValue(_remoteRetention) is { } copies ? Durations.ParseMs("--remote-retention", copies) : options.RemoteRetentionMs,
        RemoteRetentionBytes = parsed.GetValue(_remoteRetentionBytes) is { } copied ? Durations.ParseBytes("--remote-retention-bytes", copied) : options.RemoteRetentionBytes,
        Partitions = options.Partitions with
        {
            Unit = parsed.GetValue(_unit) ?? options.Partitions.Unit,
            CreateOnWrite = parsed.GetValue(_create) is { } create ? create == OnOff.On : options.Partitions.CreateOnWrite,
            Ahead = parsed.GetValue(_ahead) ?? options.Partitions.Ahead,
            Kept = parsed.GetValue(_keep) ?? options.Partitions.Kept,
            CountMax = parsed.GetValue(_most) ?? options.Partitions.CountMax,
        },
        LakeFreshnessMs = parsed.GetValue(_freshness) is { } freshness ? Durations.ParseMs("--lake-freshness", freshness) : options.LakeFreshnessMs,
    };
}
