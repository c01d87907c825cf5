using System.Collections.Immutable;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>A manifest as a manifest list has it (the spec's <c>manifest_file</c>).</summary>
internal sealed record ManifestFile
{
    /// <summary>Its full location.</summary>
    public required string Location { get; init; }

    /// <summary>Its length.</summary>
    public required long Bytes { get; init; }

    public required int PartitionSpecId { get; init; }

    public required ManifestContent Content { get; init; }

    /// <summary>When it was added to the table; null for one that no manifest list has yet.</summary>
    public SequenceNumber? Sequence { get; init; }

    /// <summary>The lowest data sequence number of its live files, as far as they have one.</summary>
    public SequenceNumber? SequenceMin { get; init; }

    /// <summary>The snapshot that added it.</summary>
    public required SnapshotId Snapshot { get; init; }

    public FileCounts Added { get; init; }

    public FileCounts Existing { get; init; }

    public FileCounts Deleted { get; init; }

    /// <summary>One for each field of its partition spec; empty: not told.</summary>
    public ImmutableArray<FieldSummary> Partitions { get; init; } = [];

    /// <summary>Whether it has files that are part of the table. One that has none need not be carried along.</summary>
    public bool HasLiveFiles => Added.Files + Existing.Files > 0;

    /// <summary>The manifest in the list of the snapshot with that number; one that has a number keeps it.</summary>
    public ManifestFile Numbered(SequenceNumber snapshot) =>
        Sequence is not null ? this : this with { Sequence = snapshot, SequenceMin = SequenceMin is { } min ? SequenceNumber.Min(min, snapshot) : snapshot };
}
