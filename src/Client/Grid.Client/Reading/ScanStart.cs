using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Client;

/// <summary>Where a reader of logs begins.</summary>
public sealed record ScanStart
{
    private ScanStart(OffsetPlace? place) => Place = place;

    /// <summary>The first rows still in the log.</summary>
    public static ScanStart Earliest { get; } = new(OffsetPlace.Earliest);

    /// <summary>After the rows committed now.</summary>
    public static ScanStart Latest { get; } = new(OffsetPlace.Latest);

    /// <summary>The first rows whose commit timestamp is not lower. Refused with <see cref="GridErrorCode.TimestampOutOfRange"/> where it lies in the future.</summary>
    public static ScanStart AtTimestamp(DateTimeOffset timestamp) => new(OffsetPlace.Timestamp) { TimestampMs = timestamp.ToUnixTimeMilliseconds() };

    /// <summary>The same offset in each bucket that is read. Refused with <see cref="GridErrorCode.OffsetOutOfRange"/> outside the log, see <see cref="OffsetReset"/>.</summary>
    public static ScanStart AtOffset(LogOffset offset) => new(place: null) { Common = offset };

    /// <summary>An offset for each bucket number; buckets that are not named begin at their earliest row.</summary>
    public static ScanStart AtOffsets(IReadOnlyDictionary<int, LogOffset> offsets)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        return new ScanStart(place: null) { Offsets = offsets.ToImmutableDictionary(static entry => (default(PartitionId), entry.Key), static entry => entry.Value) };
    }

    /// <summary>Partitioned tables: an offset for each partition and bucket number, as <see cref="GridBatch.EndOffset"/> told them; buckets that are not named begin at their earliest row.</summary>
    public static ScanStart AtOffsets(IReadOnlyDictionary<(PartitionId Partition, int Bucket), LogOffset> offsets)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        return new ScanStart(place: null) { Offsets = offsets.ToImmutableDictionary() };
    }

    internal OffsetPlace? Place { get; }

    internal long TimestampMs { get; private init; }

    internal LogOffset? Common { get; private init; }

    internal ImmutableDictionary<(PartitionId Partition, int Bucket), LogOffset> Offsets { get; private init; } = ImmutableDictionary<(PartitionId Partition, int Bucket), LogOffset>.Empty;
}

/// <summary>What a reader does when its offset is not in the log (any more).</summary>
public enum OffsetReset
{
    /// <summary>It fails with <see cref="GridErrorCode.OffsetOutOfRange"/>, naming the legal range.</summary>
    Refuse = 0,

    /// <summary>It goes on at the first row still there.</summary>
    Earliest = 1,

    /// <summary>It goes on after the last committed row.</summary>
    Latest = 2,
}
