using System.Net;
using Grid.Abstractions;
using Grid.Grains.Tiering;
using Grid.Storage;
using Grid.Storage.Remote;

namespace Grid.Grains;

/// <summary>What a node's grains may use.</summary>
public sealed record GridNodeOptions
{
    /// <summary>For <see cref="DataPort"/>: none.</summary>
    public const int NoDataPort = 0;

    /// <summary>For <see cref="DataPort"/>: any that is free.</summary>
    public const int AnyDataPort = -1;

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
    public int OpenWaitMsMax { get; init; } = 2_500;

    /// <summary>The port for bulk reads: 1 to 65535, <see cref="AnyDataPort"/> or <see cref="NoDataPort"/>.</summary>
    public int DataPort { get; init; }

    /// <summary>The address that the data port listens on.</summary>
    public IPAddress DataPortListen { get; init; } = IPAddress.Loopback;

    /// <summary>The name or address by which others reach the data port; null: <see cref="DataPortListen"/>.</summary>
    public string? DataPortHost { get; init; }

    /// <summary>Most connections of the data port at a time, 1 to 10,000; each may take 2 MiB.</summary>
    public int DataPortConnectionsMax { get; init; } = 64;

    /// <summary>Wraps a connection of the data port, for TLS; the answer owns the stream given. Null: plain TCP.</summary>
    public Func<Stream, CancellationToken, ValueTask<Stream>>? DataPortWrap { get; init; }

    /// <summary>Wraps a connection to another node's data port, given the host, for example in TLS; null: it stays plain.</summary>
    public Func<Stream, string, CancellationToken, ValueTask<Stream>>? DataPortClientWrap { get; init; }

    /// <summary>What the node fails together with, for example its rack or availability zone; replicas are spread over zones. Null: nothing. At most 63 characters.</summary>
    public string? Zone { get; init; }

    /// <summary>How often a node renews its registration and reads those of others, milliseconds, 100 or more.</summary>
    public int RegistrationRenewMs { get; init; } = 3_000;

    /// <summary>How long a node that does not renew its registration keeps its name from another data directory, milliseconds, twice <see cref="RegistrationRenewMs"/> or more.</summary>
    public int RegistrationLeaseMs { get; init; } = 10_000;

    /// <summary>Bucket records that a node remembers in case the object store is away when a bucket has to be placed, 1 or more.</summary>
    public int RecordsRememberedMax { get; init; } = 10_000;

    /// <summary>How long placing a bucket waits for its record, milliseconds, 1 or more; then the remembered one counts.</summary>
    public int RecordReadMsMax { get; init; } = 2_000;

    /// <summary>Most bytes of pushes to other replicas that are not answered yet, 1 MiB or more.</summary>
    public long PushBytesInFlightMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>How long a node that stops tries to hand its buckets over to other nodes, milliseconds, 0 or more.</summary>
    public int HandOverMsMax { get; init; } = 10_000;

    /// <summary>How often a node compares its buckets with the records, milliseconds, 1 s or more: what is not its own any more is deleted, what it lacks is filled. It does 30 s after its start at the latest.</summary>
    public int SweepMs { get; init; } = 600_000;

    /// <summary>How often the node that looks after automatic partitions looks whether some are due, milliseconds, 100 or more. Options of a table that were changed count within six looks.</summary>
    public int PartitionCheckMs { get; init; } = 10_000;

    /// <summary>The lake.</summary>
    public LakeNodeOptions Lake { get; init; } = new();

    /// <summary>Remote segments: their copying and reading.</summary>
    public RemoteOptions Remote { get; init; } = new();

    /// <summary>The object store's directory.</summary>
    public string ResolvedObjectDirectory => ObjectDirectory ?? Path.Combine(Storage.DataDirectory, "objects");

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the option, its value, the legal range.</exception>
    public void Validate()
    {
        Lake.Validate();
        Remote.Validate();
        const int Second = 1000;
        const int Tenth = Second / 10;
        Require(OpenBucketsMax is >= 1 and <= 1_000_000, nameof(OpenBucketsMax), OpenBucketsMax, "1 to 1000000");
        Require(BytesInFlightMax >= GridLimits.FrameBytesMax, nameof(BytesInFlightMax), BytesInFlightMax, $"{GridLimits.FrameBytesMax} (one largest frame) or more");
        Require(BucketIdleMs >= Second, nameof(BucketIdleMs), BucketIdleMs, $"{Second} or more");
        Require(RetentionIntervalMs >= Second, nameof(RetentionIntervalMs), RetentionIntervalMs, $"{Second} or more");
        Require(DataPort is >= AnyDataPort and <= 65_535, nameof(DataPort), DataPort, "1 to 65535, -1 (any that is free) or 0 (none)");
        Require(DataPortConnectionsMax is >= 1 and <= 10_000, nameof(DataPortConnectionsMax), DataPortConnectionsMax, "1 to 10000");
        Require(PushBytesInFlightMax >= 1024 * 1024, nameof(PushBytesInFlightMax), PushBytesInFlightMax, "1048576 or more");
        Require(HandOverMsMax >= 0, nameof(HandOverMsMax), HandOverMsMax, "0 or more");
        Require(SweepMs >= Second, nameof(SweepMs), SweepMs, $"{Second} or more");
        Require(PartitionCheckMs >= Tenth, nameof(PartitionCheckMs), PartitionCheckMs, $"{Tenth} or more");
        Require(OpenWaitMsMax >= 1, nameof(OpenWaitMsMax), OpenWaitMsMax, "1 or more");
        Require(RegistrationRenewMs >= Tenth, nameof(RegistrationRenewMs), RegistrationRenewMs, $"{Tenth} or more");
        Require(RegistrationLeaseMs >= 2L * RegistrationRenewMs, nameof(RegistrationLeaseMs), RegistrationLeaseMs, $"{2L * RegistrationRenewMs} (twice {nameof(RegistrationRenewMs)}) or more");
        Require(RecordsRememberedMax >= 1, nameof(RecordsRememberedMax), RecordsRememberedMax, "1 or more");
        Require(RecordReadMsMax >= 1, nameof(RecordReadMsMax), RecordReadMsMax, "1 or more");
        if (Zone is not null && !NodeName.IsLegal(Zone))
            throw new GridException(GridErrorCode.InvalidArgument, $"{nameof(Zone)} is '{Zone}'; use 1 to {NodeName.LengthMax} ASCII letters, digits, '.', '_' or '-', or leave it out.");
    }

    private static void Require(bool legal, string option, long value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"{option} is {value}; legal is {range}.");
    }
}
