namespace Grid.Storage.Remote;

/// <summary>What is checked before memory is taken for what the object store answers.</summary>
internal static class RemoteLimits
{
    /// <summary>Largest manifest.</summary>
    public const int ManifestBytesMax = 16 * 1024 * 1024;

    /// <summary>Frames up to this many bytes together are one entry of an index and are read at once.</summary>
    public const int RunBytesMax = 64 * 1024;

    /// <summary>Largest index: two runs that follow each other have more than <see cref="RunBytesMax"/> together, so that a segment of 2 GiB has 65,536 of them, of 24 bytes each.</summary>
    public const int IndexBytesMax = 2 * 1024 * 1024;

    /// <summary>Up to this many bytes between wanted ones are read rather than skipped: a call to the store costs more than they do.</summary>
    public const int GapBytesMax = 64 * 1024;

    /// <summary>Neighbours are read together up to this size.</summary>
    public const int RangeBytesMax = 1024 * 1024;
}
