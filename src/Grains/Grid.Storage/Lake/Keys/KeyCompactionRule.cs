using Grid.Storage.Lake.Compaction;

namespace Grid.Storage.Lake.Keys;

/// <summary>Which files of a primary-key table are worth being rewritten.</summary>
/// <param name="FilesMin">So many small files at least become one.</param>
/// <param name="Growth">And the rows of all of them are so many times those of the largest.</param>
/// <param name="SmallBytes">Files of so many bytes are large enough.</param>
/// <param name="BytesMax">Most bytes that are rewritten at a time, but for one file.</param>
/// <param name="DeletedPercent">A data file of which this share is gone, 1 to 100, is rewritten whatever its size.</param>
internal sealed record KeyCompactionRule(int FilesMin, int Growth, long SmallBytes, long BytesMax, int DeletedPercent)
{
    /// <summary>Most files of a kind that are rewritten, or go, at a time: all are open at once, and a message names them.</summary>
    public int FilesMax { get; init; } = 64;

    /// <summary>The rule that a table is compacted by without being asked.</summary>
    public static KeyCompactionRule Of(CompactionOptions options, long fileBytesTarget) =>
        new(options.FilesMin, options.Growth, fileBytesTarget / options.Growth, fileBytesTarget, options.DeletedPercent);

    /// <summary>The rule for who asks for it: all that is small or not whole, whatever that costs, once.</summary>
    public KeyCompactionRule WhenAsked => this with { FilesMin = 2, Growth = 1, DeletedPercent = 1 };
}
