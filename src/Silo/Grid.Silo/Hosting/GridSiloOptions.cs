using Grid.Abstractions;
using Grid.Grains;
using Grid.Storage;

namespace Grid.Silo;

/// <summary>What a node needs to know: where its data lives and what it may use. The configuration section is <see cref="Section"/>.</summary>
public sealed class GridSiloOptions
{
    /// <summary>The configuration section: <c>Grid:DataDirectory</c> in appsettings.json, <c>GRID__DATADIRECTORY</c> in the environment.</summary>
    public const string Section = "Grid";

    /// <summary>The node's data directory; made where it does not exist. One process at a time.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>When an append is answered, unless the table says otherwise: <see cref="FlushPolicy.Commit"/> (the disk has it) or <see cref="FlushPolicy.Os"/>.</summary>
    public FlushPolicy Flush { get; set; } = FlushPolicy.Commit;

    /// <summary>RocksDB block cache of all shards together, bytes.</summary>
    public long BlockCacheBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>RocksDB write buffers of all shards together, bytes.</summary>
    public long WriteBufferBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>Most buckets open at a time; the least recently used idle one is closed for another.</summary>
    public int OpenBucketsMax { get; set; } = 4096;

    /// <summary>Most bytes of requests and answers being worked on; above it, calls are refused as busy.</summary>
    public long BytesInFlightMax { get; set; } = 256L * 1024 * 1024;

    /// <summary>A bucket without calls closes its files after this time.</summary>
    public TimeSpan BucketIdle { get; set; } = TimeSpan.FromMinutes(2);

    internal GridNodeOptions ToNodeOptions() => new()
    {
        Storage = new StorageNodeOptions
        {
            DataDirectory = DataDirectory,
            DefaultFlush = Flush,
            BlockCacheBytes = BlockCacheBytes,
            WriteBufferBytes = WriteBufferBytes,
        },
        OpenBucketsMax = OpenBucketsMax,
        BytesInFlightMax = BytesInFlightMax,
        BucketIdleMs = (int)BucketIdle.TotalMilliseconds,
    };
}
