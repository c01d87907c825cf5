namespace Grid.Abstractions;

/// <summary>How a table's batches are compressed, buffer by buffer.</summary>
public enum FrameCompression : byte
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>LZ4 frames.</summary>
    Lz4 = 1,

    /// <summary>Zstandard; the default, level 3.</summary>
    Zstd = 2,
}

/// <summary>When an append is answered.</summary>
public enum FlushPolicy : byte
{
    /// <summary>The node's default.</summary>
    Default = 0,

    /// <summary>Once the operating system has the bytes: a killed process loses nothing, a lost machine may lose the last moments.</summary>
    Os = 1,

    /// <summary>Once the disk has them: one fsync per group of appends.</summary>
    Commit = 2,
}

/// <summary>What an upsert does with the stored row.</summary>
public enum MergeEngine : byte
{
    /// <summary>The last row wins.</summary>
    LastRow = 0,
}

/// <summary>Whether a table has a lake table.</summary>
public enum LakeMode : byte
{
    /// <summary>It has none.</summary>
    None = 0,

    /// <summary>It tiers into one.</summary>
    On = 1,

    /// <summary>It has one; nothing is added for the time being, and what would be is kept in the log.</summary>
    Paused = 2,
}

/// <summary>Whether a table's log segments are copied to the object store.</summary>
public enum RemoteMode : byte
{
    /// <summary>They are not.</summary>
    None = 0,

    /// <summary>They are: local retention deletes what is copied, and rows older than the log are read from the copies.</summary>
    On = 1,

    /// <summary>No more are copied for the time being, and what is not copied is kept in the log; copies are read.</summary>
    Paused = 2,
}

/// <summary>What a table is made with and may be altered to, but for <see cref="Buckets"/> and <see cref="Merge"/>, which are fixed.</summary>
[GenerateSerializer, Immutable, Alias("grid.TableOptions")]
public sealed record TableOptions
{
    /// <summary>Most buckets of a table.</summary>
    public const int BucketsMax = 1024;

    /// <summary>Buckets, 1 to <see cref="BucketsMax"/>. Fixed at creation.</summary>
    [Id(0)]
    public int Buckets { get; init; } = 4;

    /// <summary>Compression of what clients write and of the changelog.</summary>
    [Id(1)]
    public FrameCompression Compression { get; init; } = FrameCompression.Zstd;

    /// <summary>When appends are answered.</summary>
    [Id(2)]
    public FlushPolicy Flush { get; init; }

    /// <summary>A segment is sealed at this size in bytes, 64 KiB to 1 GiB.</summary>
    [Id(3)]
    public long SegmentBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>A segment is sealed at this age in milliseconds, when something is appended; 1 s or more.</summary>
    [Id(4)]
    public long SegmentAgeMsMax { get; init; } = 3_600_000;

    /// <summary>Sealed segments whose newest row is older than this many milliseconds are deleted; 0: never. Primary-key tables keep what the shard needs.</summary>
    [Id(5)]
    public long RetentionMs { get; init; } = 7L * 24 * 3_600_000;

    /// <summary>The oldest sealed segments are deleted while the log is larger than this many bytes; 0: no limit.</summary>
    [Id(6)]
    public long RetentionBytes { get; init; }

    /// <summary>What upserts do.</summary>
    [Id(7)]
    public MergeEngine Merge { get; init; }

    /// <summary>True: an upsert equal to the stored row emits -U and +U all the same. False (default): it emits nothing and takes one offset.</summary>
    [Id(8)]
    public bool EmitUnchanged { get; init; }

    /// <summary>Copies of each bucket, 0 to <see cref="BucketRecord.ReplicasMax"/>; 0: the cluster's default, three where three nodes exist, else one.</summary>
    [Id(9)]
    public int Replicas { get; init; }

    /// <summary>A write is refused while fewer replicas than this are in sync; 0: the default, two where there are three replicas or more, else one.</summary>
    [Id(10)]
    public int MinInSync { get; init; }

    /// <summary>Whether the table tiers into a lake table. Log tables only; a table that has a lake keeps it. What is not in the lake yet is kept in the log, whatever the retention says.</summary>
    [Id(11)]
    public LakeMode Lake { get; init; }

    /// <summary>How soon committed rows should be in the lake, milliseconds, 1 s to 1 day.</summary>
    [Id(12)]
    public long LakeFreshnessMs { get; init; } = 60_000;

    /// <summary>Partitioned tables: how partitions come and go.</summary>
    [Id(13)]
    public PartitionOptions Partitions { get; init; } = new();

    /// <summary>Whether sealed segments are copied to the object store. A table that has copies keeps them: the log may have given up what they have. What is not copied yet is kept in the log, whatever the retention says.</summary>
    [Id(14)]
    public RemoteMode Remote { get; init; }

    /// <summary>Copies whose newest row is older than this many milliseconds are deleted; 0: never. Not less than <see cref="RetentionMs"/>.</summary>
    [Id(15)]
    public long RemoteRetentionMs { get; init; }

    /// <summary>The oldest copies are deleted while a bucket has more bytes of them than this; 0: no limit. Not less than <see cref="RetentionBytes"/>.</summary>
    [Id(16)]
    public long RemoteRetentionBytes { get; init; }
}
