using System.Collections.Immutable;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>The version that a commit is about to create.</summary>
/// <param name="Metadata">Its state, without what <see cref="LakeCommitter"/> adds.</param>
/// <param name="Offsets">Its offsets, which stand in its properties.</param>
/// <param name="Files">Names of the files that were written for it and that it refers to.</param>
internal sealed record LakeDraft(TableMetadata Metadata, LakeOffsets Offsets, ImmutableHashSet<string> Files);
