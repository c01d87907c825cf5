using System.Collections.Immutable;

namespace Grid.Storage.Lake.Keys;

/// <summary>What a compaction of a bucket wants committed; where its bucket has moved, or a file is not part of the table any more, it is worth nothing.</summary>
/// <param name="Added">Files that nobody refers to yet.</param>
/// <param name="Removed">Live files that leave the table for them.</param>
internal sealed record CompactedFiles(ImmutableArray<LakeFile> Added, ImmutableArray<LakeFile> Removed)
{
    /// <summary>Nothing is worth it.</summary>
    public static CompactedFiles None { get; } = new([], []);

    /// <summary>The locations of data files whose rows the added files delete.</summary>
    public ImmutableArray<string> Needed { get; init; } = [];
}
