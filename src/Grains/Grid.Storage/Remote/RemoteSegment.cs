using Grid.Abstractions;

namespace Grid.Storage.Remote;

/// <summary>A copy of a log segment in the object store, as the bucket's manifest has it.</summary>
internal readonly record struct RemoteSegment
{
    /// <summary>Its first offset.</summary>
    public required LogOffset BaseOffset { get; init; }

    /// <summary>The first offset that is read from it: the one before it may have its first rows too, since every replica cuts its log into segments by itself.</summary>
    public required LogOffset From { get; init; }

    /// <summary>The offset behind its last frame.</summary>
    public required LogOffset EndOffset { get; init; }

    /// <summary>The commit timestamp of its last frame.</summary>
    public required long LastTimestampMs { get; init; }

    /// <summary>Bytes of the segment.</summary>
    public required int Bytes { get; init; }

    /// <summary>Bytes of its index.</summary>
    public required int IndexBytes { get; init; }

    /// <summary>Its schema version.</summary>
    public required SchemaVersion SchemaVersion { get; init; }

    /// <summary>The epoch of its last frame.</summary>
    public required LeaderEpoch LastEpoch { get; init; }

    /// <summary>Random, part of the names: no two copies have the same.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>XxHash3-64 of the segment.</summary>
    public required ulong Hash { get; init; }

    /// <summary>XxHash3-64 of its index.</summary>
    public required ulong IndexHash { get; init; }

    /// <summary>Whether rows are read from it from an offset on.</summary>
    public bool Has(LogOffset offset) => offset >= From && offset < EndOffset;
}
