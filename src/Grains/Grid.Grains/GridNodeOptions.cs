using Grid.Abstractions;
using Grid.Storage;

namespace Grid.Grains;

/// <summary>What a node's grains may use.</summary>
public sealed record GridNodeOptions
{
    /// <summary>The node's storage.</summary>
    public required StorageNodeOptions Storage { get; init; }

    /// <summary>The object store's directory; null: <c>objects</c> in the data directory. Nodes of one cluster share it.</summary>
    public string? ObjectDirectory { get; init; }

    /// <summary>Most buckets open at a time, 1 to 1,000,000; when another one is needed, the least recently used idle one is closed.</summary>
    public int OpenBucketsMax { get; init; } = 4096;

    /// <summary>Most bytes of requests and answers being worked on, 16 MiB or more; above it, calls are refused with <see cref="GridErrorCode.Busy"/>.</summary>
    public long BytesInFlightMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>A bucket without calls is closed after this many milliseconds, 1 s or more.</summary>
    public int BucketIdleMs { get; init; } = 120_000;

    /// <summary>How often an open bucket deletes what retention allows, milliseconds, 1 s or more.</summary>
    public int RetentionIntervalMs { get; init; } = 60_000;

    /// <summary>How long a call waits for its bucket to open, milliseconds, 1 or more; the opening goes on when the call gave up.</summary>
    public int OpenWaitMsMax { get; init; } = 8_000;

    /// <summary>The object store's directory.</summary>
    public string ResolvedObjectDirectory => ObjectDirectory ?? Path.Combine(Storage.DataDirectory, "objects");

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the option, its value, the legal range.</exception>
    public void Validate()
    {
        const int Second = 1000;
        Require(OpenBucketsMax is >= 1 and <= 1_000_000, nameof(OpenBucketsMax), OpenBucketsMax, "1 to 1000000");
        Require(BytesInFlightMax >= GridLimits.FrameBytesMax, nameof(BytesInFlightMax), BytesInFlightMax, $"{GridLimits.FrameBytesMax} (one largest frame) or more");
        Require(BucketIdleMs >= Second, nameof(BucketIdleMs), BucketIdleMs, $"{Second} or more");
        Require(RetentionIntervalMs >= Second, nameof(RetentionIntervalMs), RetentionIntervalMs, $"{Second} or more");
        Require(OpenWaitMsMax >= 1, nameof(OpenWaitMsMax), OpenWaitMsMax, "1 or more");
    }

    private static void Require(bool legal, string option, long value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"{option} is {value}; legal is {range}.");
    }
}
