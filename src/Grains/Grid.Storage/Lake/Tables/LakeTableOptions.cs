using Grid.Abstractions;

namespace Grid.Storage.Lake.Tables;

/// <summary>How a lake table is committed to and cleaned up.</summary>
internal sealed record LakeTableOptions
{
    /// <summary>Snapshots younger than this stay.</summary>
    public long SnapshotAgeMsMax { get; init; } = 24 * 60 * 60 * 1000L;

    /// <summary>The last snapshots, which stay whatever their age.</summary>
    public int SnapshotsKept { get; init; } = 10;

    /// <summary>And of those that are young enough so many at most: each takes some 700 bytes of every metadata file, of which there is one a commit. At a freshness of 1 s these are the last half hour's.</summary>
    public int SnapshotsMax { get; init; } = 2000;

    /// <summary>About the bytes of a manifest: some ten thousand files.</summary>
    public int ManifestBytesTarget { get; init; } = 8 * 1024 * 1024;

    /// <summary>So many manifests below half of that are merged by the commit that finds them.</summary>
    public int ManifestsMergeMin { get; init; } = 100;

    /// <summary>Longest manifest and manifest list that is read.</summary>
    public int ManifestBytesMax { get; init; } = 256 * 1024 * 1024;

    /// <summary>Files that nothing refers to are left alone for so long: they may be those of a commit at work. Longer than any round of tiering takes.</summary>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Metadata files behind the metadata log are left alone for so long. A commit older than half of it creates nothing any more, so that no number that was deleted is created again.</summary>
    public TimeSpan MetadataAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Heads and versions that a commit may read before it gives up.</summary>
    public int AttemptsMax { get; init; } = 10;

    /// <summary>The wait after a first failure; doubles with each.</summary>
    public int BackoffMs { get; init; } = 100;

    /// <summary>The longest wait.</summary>
    public int BackoffMsMax { get; init; } = 5000;

    /// <summary>Up to so many buckets' offsets stand in the metadata file itself, more in a file of their own.</summary>
    public int OffsetsInline { get; init; } = 100;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: names the option.</exception>
    public void Validate()
    {
        Require(SnapshotAgeMsMax >= 0, nameof(SnapshotAgeMsMax), SnapshotAgeMsMax, "0 or more");
        Require(SnapshotsKept >= 1, nameof(SnapshotsKept), SnapshotsKept, "1 or more");
        Require(SnapshotsMax >= SnapshotsKept, nameof(SnapshotsMax), SnapshotsMax, $"{nameof(SnapshotsKept)}, {SnapshotsKept}, or more");
        Require(ManifestBytesTarget >= 1024, nameof(ManifestBytesTarget), ManifestBytesTarget, "1024 or more");
        Require(ManifestsMergeMin >= 2, nameof(ManifestsMergeMin), ManifestsMergeMin, "2 or more");
        Require(ManifestBytesMax >= ManifestBytesTarget, nameof(ManifestBytesMax), ManifestBytesMax, $"{nameof(ManifestBytesTarget)} or more");
        Require(OrphanAge >= TimeSpan.Zero, nameof(OrphanAge), OrphanAge, "0 or more");
        Require(MetadataAge >= TimeSpan.FromMinutes(1), nameof(MetadataAge), MetadataAge, "a minute or more");
        Require(AttemptsMax is >= 1 and <= 1000, nameof(AttemptsMax), AttemptsMax, "1 to 1000");
        Require(BackoffMs >= 0, nameof(BackoffMs), BackoffMs, "0 or more");
        Require(BackoffMsMax >= BackoffMs, nameof(BackoffMsMax), BackoffMsMax, $"{nameof(BackoffMs)} or more");
        Require(OffsetsInline >= 0, nameof(OffsetsInline), OffsetsInline, "0 or more");
    }

    private static void Require(bool legal, string option, object value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"Lake table: {option} is {value}; legal is {range}.");
    }
}
