namespace Grid.Storage.DataPort;

/// <summary>What a received set of files may use; all of it is checked before the first file is made.</summary>
public sealed record FileSetLimits
{
    /// <summary>Most bytes.</summary>
    public long BytesMax { get; init; } = 1L << 40;

    /// <summary>Most files.</summary>
    public int FilesMax { get; init; } = 100_000;

    /// <summary>Bytes of the disk that must be free afterwards.</summary>
    public long FreeBytesKept { get; init; } = 1L << 30;
}
