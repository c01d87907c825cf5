using System.Net;
using Grid.Abstractions;
using Grid.Client;
using Grid.Grains;
using Grid.Grains.Tiering;
using Grid.Storage;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Objects;
using Grid.Storage.Remote;
using Grid.Storage.Replication;

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

    /// <summary>How often an open bucket deletes what retention allows, 1 s or more.</summary>
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The lead goes back to a bucket's preferred node when that was in sync and answered without a break for so long; zero: it stays where it is. At most a day.</summary>
    public TimeSpan PreferredLeaderAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The port for bulk reads by clients and other nodes: 1 to 65535, -1 for any that is free, 0 for none. An embedded Grid has none; <c>grid serve</c> takes any
    /// unless told otherwise. Where a client cannot reach it, it reads by grain calls, more slowly.</summary>
    public int DataPort { get; set; }

    /// <summary>The address that the data port listens on. Null: 127.0.0.1; <c>grid serve</c> takes <c>Grid:Listen</c>.</summary>
    public string? DataPortListen { get; set; }

    /// <summary>The name or address by which others reach the data port. Null: the address it listens on; <c>grid serve</c> takes <c>Grid:Advertise</c>.</summary>
    public string? DataPortHost { get; set; }

    /// <summary>TLS on the ports for clients and between nodes: the section <c>Grid:Tls</c>. Null: connections are plain.</summary>
    public GridTlsOptions? Tls { get; set; }

    /// <summary>The node's name in its cluster, stable over restarts: its data directory belongs to it. Unset: the machine's name in a cluster, <c>local</c> for a node on its own.</summary>
    public string? Node { get; set; }

    /// <summary>Where the node stands (a rack, a zone): replicas are spread over zones. Unset: nowhere in particular.</summary>
    public string? Zone { get; set; }

    /// <summary>The object store that all nodes of the cluster share; unset: the node is on its own.</summary>
    public string? Cluster { get; set; }

    /// <summary>The warehouse that tables with a lake tier into: a directory, or <c>azure:…</c>; nodes of one cluster share it. Unset: beside the cluster's object store, its name with <c>-lake</c> behind it; for a node on
    /// its own, <c>lake</c> in the data directory.</summary>
    public string? Lake { get; set; }

    /// <summary>Log segments that the node copies to the object store at a time, 1 to 64.</summary>
    public int RemoteCopies { get; set; } = 2;

    /// <summary>Bytes of segments that it copies a second, all together, 64 KiB or more; 0: no limit.</summary>
    public long RemoteCopyBytesPerSecond { get; set; } = 64L * 1024 * 1024;

    /// <summary>Lake files that the node writes at a time, 1 to 64; each takes about <see cref="LakeRowGroupBytes"/> of memory.</summary>
    public int LakeWriters { get; set; } = 2;

    /// <summary>Most bytes of a row group of a lake file before it is encoded, 1 MiB to 1 GiB.</summary>
    public long LakeRowGroupBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>A lake file is ended at about this many bytes, 64 KiB to 4 GiB.</summary>
    public long LakeFileBytes { get; set; } = 128L * 1024 * 1024;

    /// <summary>Whether the small files of lake tables are rewritten into large ones by themselves.</summary>
    public bool LakeCompaction { get; set; } = true;

    /// <summary>So many small lake files at least become one, 2 to 1000.</summary>
    public int LakeCompactionFiles { get; set; } = 8;

    /// <summary>How many times as many rows as the largest of them the new file has at least, 2 to 100: with more, rows are rewritten less often and more files stay small.</summary>
    public int LakeCompactionGrowth { get; set; } = 4;

    /// <summary>Percent of a file's rows that are gone from which on it is rewritten, in tables with a primary key, 1 to 100.</summary>
    public int LakeCompactionDeleted { get; set; } = 30;

    /// <summary>What the node is called.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidName"/>.</exception>
    internal NodeName ResolvedNode => NodeName.Parse(!string.IsNullOrWhiteSpace(Node) ? Node
        : string.IsNullOrWhiteSpace(Cluster) ? StorageNodeOptions.LocalNode : Environment.MachineName);

    /// <summary>Where the warehouse is; null: in the data directory.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    internal LakeLocation? ResolvedLake => !string.IsNullOrWhiteSpace(Lake) ? LakeLocation.Parse(Lake)
        : !string.IsNullOrWhiteSpace(Cluster) ? LakeLocation.Beside(ObjectStoreLocation.Parse(Cluster))
        : null;

    internal GridNodeOptions ToNodeOptions() => new()
    {
        Zone = string.IsNullOrWhiteSpace(Zone) ? null : Zone,
        Storage = new StorageNodeOptions
        {
            NodeName = ResolvedNode,
            DataDirectory = DataDirectory,
            DefaultFlush = Flush,
            BlockCacheBytes = BlockCacheBytes,
            WriteBufferBytes = WriteBufferBytes,
            Replication = new ReplicaOptions { PreferredLeaderAfterMs = (int)PreferredLeaderAfter.TotalMilliseconds },
        },
        OpenBucketsMax = OpenBucketsMax,
        BytesInFlightMax = BytesInFlightMax,
        DataPort = DataPort,
        DataPortListen = DataPortListen is null ? IPAddress.Loopback : IPAddress.Parse(DataPortListen),
        DataPortHost = DataPortHost,
        BucketIdleMs = (int)BucketIdle.TotalMilliseconds,
        RetentionIntervalMs = (int)RetentionInterval.TotalMilliseconds,
        Remote = new RemoteOptions { CopiesMax = RemoteCopies, CopyBytesPerSecond = RemoteCopyBytesPerSecond },
        Lake = new LakeNodeOptions
        {
            Location = ResolvedLake,
            Tier = new TierOptions { WritersMax = LakeWriters, RowGroupBytesMax = LakeRowGroupBytes, FileBytesTarget = LakeFileBytes },
            Compaction = new CompactionOptions { IsOn = LakeCompaction, FilesMin = LakeCompactionFiles, Growth = LakeCompactionGrowth, DeletedPercent = LakeCompactionDeleted },
        },
    };
}
