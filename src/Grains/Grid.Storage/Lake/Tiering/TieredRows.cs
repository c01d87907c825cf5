using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Tiering;

/// <summary>What came of a bucket's part of a round: files that nobody refers to yet.</summary>
/// <param name="Files">The files, in the order of their offsets.</param>
/// <param name="End">The offset behind their last row; where no rows were there, behind what has none.</param>
/// <param name="HighWatermark">The bucket's high watermark when the round ended.</param>
internal sealed record TieredRows(ImmutableArray<LakeFile> Files, LogOffset End, LogOffset HighWatermark)
{
    /// <summary>The locations of data files whose rows the files delete: see <see cref="Tables.LakeChange.Needed"/>.</summary>
    public ImmutableArray<string> Needed { get; init; } = [];
}
