using Grid.Abstractions;
using Grid.Storage.Replication;

namespace Grid.Storage;

/// <summary>What a node's storage may use.</summary>
public sealed record StorageNodeOptions
{
    /// <summary>The name of a node that is on its own.</summary>
    public const string LocalNode = "local";

    /// <summary>The node's data directory; buckets live in <c>buckets/table/partition/bucket</c> under it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The node whose directory it is. A directory belongs to the node that first used it.</summary>
    public NodeName NodeName { get; init; } = new(LocalNode);

    /// <summary>What <see cref="FlushPolicy.Default"/> means on this node.</summary>
    public FlushPolicy DefaultFlush { get; init; } = FlushPolicy.Commit;

    /// <summary>RocksDB block cache of all shards together, bytes.</summary>
    public long BlockCacheBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>RocksDB write buffers of all shards together, bytes.</summary>
    public long WriteBufferBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Most requests waiting in one bucket's write queue.</summary>
    public int WriteQueueMax { get; init; } = 4096;

    /// <summary>Most bytes of requests waiting in one bucket's write queue.</summary>
    public long WriteQueueBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>Most open scans of one bucket.</summary>
    public int OpenScansMax { get; init; } = 32;

    /// <summary>An idle scan is closed after this many milliseconds.</summary>
    public int ScanIdleMsMax { get; init; } = 60_000;

    /// <summary>Limits and times of replication.</summary>
    public ReplicaOptions Replication { get; init; } = new();

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: names the option.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(DataDirectory))
            throw new GridException(GridErrorCode.InvalidArgument, $"{nameof(DataDirectory)} is empty; name the directory that the node keeps its data in.");
        NodeName.Parse(NodeName.Value);
        if (DefaultFlush is not (FlushPolicy.Os or FlushPolicy.Commit))
            throw new GridException(GridErrorCode.InvalidArgument, $"{nameof(DefaultFlush)} is {DefaultFlush}; choose {FlushPolicy.Os} or {FlushPolicy.Commit}.");
        Require(nameof(BlockCacheBytes), BlockCacheBytes, 1024 * 1024, long.MaxValue);
        Require(nameof(WriteBufferBytes), WriteBufferBytes, 1024 * 1024, long.MaxValue);
        Require(nameof(WriteQueueMax), WriteQueueMax, 1, 1_000_000);
        Require(nameof(WriteQueueBytesMax), WriteQueueBytesMax, GridLimits.CallBytesMax, long.MaxValue);
        Require(nameof(OpenScansMax), OpenScansMax, 1, 10_000);
        Require(nameof(ScanIdleMsMax), ScanIdleMsMax, 1_000, int.MaxValue);
        Replication.Validate();
    }

    private static void Require(string name, long value, long minimum, long maximum)
    {
        if (value < minimum || value > maximum)
            throw new GridException(GridErrorCode.InvalidArgument, $"{name} is {value}; it must be {minimum} to {maximum}.");
    }
}
