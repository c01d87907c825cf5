using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>How far a table is in the lake.</summary>
[GenerateSerializer, Immutable, Alias("grid.LakeStatus")]
public sealed record LakeStatus
{
    /// <summary>What it does.</summary>
    [Id(0)]
    public LakeActivity Activity { get; init; }

    /// <summary>The lake table's folder as engines open it; null before the first round.</summary>
    [Id(1)]
    public string? Location { get; init; }

    /// <summary>The number of the newest metadata file; 0 before the first round.</summary>
    [Id(2)]
    public int Version { get; init; }

    /// <summary>The current snapshot; null where there is none.</summary>
    [Id(3)]
    public long? Snapshot { get; init; }

    /// <summary>When the newest metadata file was committed, milliseconds since 1970 UTC; 0 before the first round.</summary>
    [Id(4)]
    public long CommittedMs { get; init; }

    /// <summary>Data files of the current snapshot.</summary>
    [Id(5)]
    public long Files { get; init; }

    /// <summary>Rows in them that are part of the table.</summary>
    [Id(6)]
    public long Rows { get; init; }

    /// <summary>Bytes of them.</summary>
    [Id(7)]
    public long Bytes { get; init; }

    /// <summary>The buckets in order.</summary>
    [Id(8)]
    public ImmutableArray<LakeBucketStatus> Buckets { get; init; } = [];

    /// <summary>Why the last round failed, as a sentence; null: it did not.</summary>
    [Id(9)]
    public string? Failure { get; init; }

    /// <summary>Data files that are small, at or after the last look at them; null: nobody looked since the tiering moved to this node.</summary>
    [Id(10)]
    public long? SmallFiles { get; init; }

    /// <summary>When small files were last rewritten into large ones, milliseconds since 1970 UTC; null: they were not since the tiering moved to this node.</summary>
    [Id(11)]
    public long? CompactedMs { get; init; }

    /// <summary>Whether small files are being rewritten, or were asked to be and are not yet.</summary>
    [Id(12)]
    public bool IsCompacting { get; init; }

    /// <summary>Why small files are not rewritten, as a sentence; null: nothing keeps them from it.</summary>
    [Id(13)]
    public string? CompactionFailure { get; init; }

    /// <summary>Rows that are committed and not in the lake, as far as is known.</summary>
    public long Backlog => Buckets.Sum(bucket => bucket.Backlog);
}
