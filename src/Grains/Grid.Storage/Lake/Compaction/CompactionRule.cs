namespace Grid.Storage.Lake.Compaction;

/// <summary>Which files are worth being rewritten together.</summary>
/// <param name="FilesMin">So many of them at least.</param>
/// <param name="Growth">The rows of all of them are at least so many times those of the largest; 1: however they are.</param>
/// <param name="SmallBytes">Files of so many bytes are large enough.</param>
/// <param name="RunBytesMax">Most bytes that become one file.</param>
internal sealed record CompactionRule(int FilesMin, int Growth, long SmallBytes, long RunBytesMax)
{
    /// <summary>Most files that become one: as many are named by the commit, and opened one after another.</summary>
    public const int RunFilesMax = 1000;

    /// <summary>The rule that a table is compacted by without being asked.</summary>
    public static CompactionRule Of(CompactionOptions options, long fileBytesTarget) => new(options.FilesMin, options.Growth, fileBytesTarget / options.Growth, fileBytesTarget);

    /// <summary>The rule for who asks for it: all that is small, whatever that costs, once.</summary>
    public CompactionRule WhenAsked => this with { FilesMin = 2, Growth = 1 };
}
