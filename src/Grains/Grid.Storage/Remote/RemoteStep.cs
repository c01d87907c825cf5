using Grid.Abstractions;

namespace Grid.Storage.Remote;

/// <summary>What is to be done next.</summary>
internal enum RemoteStepKind
{
    /// <summary>Nothing.</summary>
    Idle,

    /// <summary>Make the bucket's manifest.</summary>
    Begin,

    /// <summary>List the bucket's objects, then raise the manifest's epoch to this leader's: of the objects listed, those that it does not have are nobody's.</summary>
    Claim,

    /// <summary>Take the oldest copies out of the manifest, then delete them.</summary>
    Expire,

    /// <summary>Copy a segment, then add it to the manifest.</summary>
    Copy,

    /// <summary>A later leader has the manifest: leave it alone.</summary>
    Deposed,

    /// <summary>The log is not the one that was copied: leave both alone.</summary>
    Diverged,
}

/// <summary>A step.</summary>
/// <param name="Kind">What.</param>
/// <param name="Next">The manifest to be written; null: none, or, for a copy, that is known only behind it.</param>
internal readonly record struct RemoteStep(RemoteStepKind Kind, RemoteManifest? Next = null)
{
    /// <summary>Of a copy: the segment.</summary>
    public LocalSegment Segment { get; init; }

    /// <summary>Of a copy: the first offset that is to be read from it.</summary>
    public LogOffset From { get; init; }

    /// <summary>Of an expiry: how many.</summary>
    public int Expired { get; init; }
}
