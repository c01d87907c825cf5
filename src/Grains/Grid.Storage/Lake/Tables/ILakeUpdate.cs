using System.Collections.Immutable;
using Grid.Storage.Lake.Commit;

namespace Grid.Storage.Lake.Tables;

/// <summary>What a commit does to the head that it finds; asked again for each head.</summary>
internal interface ILakeUpdate
{
    /// <summary>Where the buckets that it moves must be.</summary>
    LakeOffsets From { get; }

    /// <summary>Those buckets.</summary>
    ImmutableArray<LakeBucket> Moved { get; }

    /// <summary>Writes what the next version refers to and makes that version; null where the head needs none.</summary>
    Task<LakeDraft?> PrepareAsync(LakeState head, CancellationToken cancellationToken);

    /// <summary>Names of the files that it wrote, or may have written, for any head.</summary>
    IReadOnlyCollection<string> Written { get; }
}
