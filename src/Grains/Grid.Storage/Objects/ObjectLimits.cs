namespace Grid.Storage.Objects;

/// <summary>What holds in every object store.</summary>
public static class ObjectLimits
{
    /// <summary>Most bytes that are read or written in one piece; streams go beyond.</summary>
    public const int PieceBytesMax = 256 * 1024 * 1024;

    /// <summary>Bytes a stream reads at once, unless told otherwise.</summary>
    public const int StreamBlockBytes = 4 * 1024 * 1024;

    /// <summary>Deletes under way at once, unless told otherwise.</summary>
    public const int DeletesAtOnce = 16;
}
