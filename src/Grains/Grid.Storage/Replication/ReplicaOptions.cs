using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>Limits and times of the replication of a node's buckets.</summary>
public sealed record ReplicaOptions
{
    /// <summary>Pushes to one replica of one bucket that may be unanswered, 1 to 64: 8 x 256 KiB = 2 MiB.</summary>
    public int PushesInFlightMax { get; init; } = 8;

    /// <summary>Bytes of frames in one push, unless one frame is larger.</summary>
    public int PushBytesMax { get; init; } = GridLimits.CallBytesMax;

    /// <summary>Pushes that overtook the one before them and wait at a replica, per bucket.</summary>
    public int ParkedPushesMax { get; init; } = 64;

    /// <summary>A call without an answer counts as failed after this many milliseconds.</summary>
    public int CallTimeoutMs { get; init; } = 2_000;

    /// <summary>A replica that is in sync and makes no progress for this many milliseconds leaves the in-sync set.</summary>
    public int ReplicaTimeoutMs { get; init; } = 4_000;

    /// <summary>Milliseconds before a failed call is tried again; doubles up to <see cref="RetryDelayMsMax"/>.</summary>
    public int RetryDelayMs { get; init; } = 50;

    /// <summary>Longest delay before a call is tried again, milliseconds.</summary>
    public int RetryDelayMsMax { get; init; } = 1_000;

    /// <summary>A leader that could not confirm its epoch for this many milliseconds serves no reads until it has.</summary>
    public int LeaseMs { get; init; } = 2_000;

    /// <summary>As <see cref="LeaseMs"/>, where the record confirmed the epoch instead of the other replicas. A new leader always waits that long before it does without one that may still lead.</summary>
    public int RecordLeaseMs { get; init; } = 500;

    /// <summary>The watermark is noted on disk at most this often, milliseconds; a restart begins with the one noted.</summary>
    public int WatermarkNoteMs { get; init; } = 5_000;

    /// <summary>
    /// The lead goes back to a bucket's preferred leader, the first of its replicas, when that one was in sync and answered without a break for this many milliseconds; 0: it stays where it
    /// is. The time keeps a node that comes and goes from taking the lead along each time.
    /// </summary>
    public int PreferredLeaderAfterMs { get; init; } = 60_000;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the option, its value, the legal range.</exception>
    public void Validate()
    {
        Require(nameof(PushesInFlightMax), PushesInFlightMax, 1, 64);
        Require(nameof(PushBytesMax), PushBytesMax, 1024, GridLimits.CallBytesMax);
        Require(nameof(ParkedPushesMax), ParkedPushesMax, PushesInFlightMax, 1024);
        Require(nameof(CallTimeoutMs), CallTimeoutMs, 10, 60_000);
        Require(nameof(ReplicaTimeoutMs), ReplicaTimeoutMs, CallTimeoutMs, 600_000);
        Require(nameof(RetryDelayMs), RetryDelayMs, 1, RetryDelayMsMax);
        Require(nameof(RetryDelayMsMax), RetryDelayMsMax, RetryDelayMs, 60_000);
        Require(nameof(LeaseMs), LeaseMs, 100, 60_000);
        Require(nameof(RecordLeaseMs), RecordLeaseMs, 50, LeaseMs);
        Require(nameof(PreferredLeaderAfterMs), PreferredLeaderAfterMs, 0, 86_400_000);
        Require(nameof(WatermarkNoteMs), WatermarkNoteMs, 100, 600_000);
    }

    private static void Require(string name, long value, long minimum, long maximum)
    {
        if (value < minimum || value > maximum)
            throw new GridException(GridErrorCode.InvalidArgument, $"{name} is {value}; it must be {minimum} to {maximum}.");
    }
}
