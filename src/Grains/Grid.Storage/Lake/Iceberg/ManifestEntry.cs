namespace Grid.Storage.Lake.Iceberg;

/// <summary>
/// One file in a manifest. An added file's sequence numbers are null until it is read: it gets those of the manifest, which gets that of the snapshot, so that a commit that is
/// tried again keeps its manifests. The others carry their file's first numbers along.
/// </summary>
internal sealed record ManifestEntry
{
    public required EntryStatus Status { get; init; }

    /// <summary>The snapshot that added the file, or, with <see cref="EntryStatus.Deleted"/>, the one that deleted it.</summary>
    public SnapshotId? Snapshot { get; init; }

    /// <summary>How old the file's rows are: position deletes apply to data files that are not younger, equality deletes to older ones.</summary>
    public SequenceNumber? DataSequence { get; init; }

    /// <summary>When the file was added.</summary>
    public SequenceNumber? FileSequence { get; init; }

    public required LakeFile File { get; init; }

    /// <summary>Whether the file is part of the table.</summary>
    public bool IsLive => Status != EntryStatus.Deleted;

    public static ManifestEntry Added(LakeFile file) => new() { Status = EntryStatus.Added, File = file };

    /// <summary>An entry that was read, for a manifest that replaces the one it stood in.</summary>
    public ManifestEntry AsExisting() => this with { Status = EntryStatus.Existing };

    /// <summary>An entry that was read, of a file that a snapshot removes.</summary>
    public ManifestEntry AsDeleted(SnapshotId by) => this with { Status = EntryStatus.Deleted, Snapshot = by };
}
