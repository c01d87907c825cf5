using Grid.Abstractions;

namespace Grid.Storage.Remote;

/// <summary>How a node copies segments to the object store and reads them there.</summary>
public sealed record RemoteOptions
{
    /// <summary>Segments that the node copies at a time, 1 to 64.</summary>
    public int CopiesMax { get; init; } = 2;

    /// <summary>Bytes that it copies a second, all copies together, 64 KiB or more; 0: no limit.</summary>
    public long CopyBytesPerSecond { get; init; } = 64L * 1024 * 1024;

    /// <summary>Bytes of indexes of remote segments that it keeps in memory, 0 or more.</summary>
    public long IndexBytesMax { get; init; } = 16L * 1024 * 1024;

    /// <summary>Calls to the object store that one read makes at a time, 1 to 64.</summary>
    public int ReadsAtOnce { get; init; } = 8;

    /// <summary>How often an open bucket looks whether a segment is to be copied, milliseconds, 100 or more.</summary>
    public int TickMs { get; init; } = 10_000;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: names the option.</exception>
    public void Validate()
    {
        Require(CopiesMax is >= 1 and <= 64, nameof(CopiesMax), CopiesMax, "1 to 64");
        Require(CopyBytesPerSecond is 0 or >= 64 * 1024, nameof(CopyBytesPerSecond), CopyBytesPerSecond, "0 (no limit), or 65536 or more");
        Require(IndexBytesMax >= 0, nameof(IndexBytesMax), IndexBytesMax, "0 or more");
        Require(ReadsAtOnce is >= 1 and <= 64, nameof(ReadsAtOnce), ReadsAtOnce, "1 to 64");
        Require(TickMs >= 100, nameof(TickMs), TickMs, "100 or more");
    }

    private static void Require(bool legal, string option, long value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"{option} of remote segments is {value}; legal is {range}.");
    }
}
