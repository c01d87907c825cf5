namespace Grid.Storage;

/// <summary>What a node's storage may use.</summary>
public sealed record StorageNodeOptions
{
    /// <summary>The node's data directory; buckets live in <c>buckets/table/partition/bucket</c> under it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>What <see cref="Grid.Abstractions.FlushPolicy.Default"/> means on this node.</summary>
    public Grid.Abstractions.FlushPolicy DefaultFlush { get; init; } = Grid.Abstractions.FlushPolicy.Commit;

    /// <summary>RocksDB block cache of all shards together, bytes.</summary>
    public long BlockCacheBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>RocksDB write buffers of all shards together, bytes.</summary>
    public long WriteBufferBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Most requests waiting in one bucket's write queue.</summary>
    public int WriteQueueMax { get; init; } = 4096;

    /// <summary>Most open scans of one bucket.</summary>
    public int OpenScansMax { get; init; } = 32;

    /// <summary>An idle scan is closed after this many milliseconds.</summary>
    public int ScanIdleMsMax { get; init; } = 60_000;
}
