using System.Collections.Immutable;
using Grid.Storage.Lake.Commit;

namespace Grid.Storage.Lake.Tables;

/// <summary>What a commit does to the head that it finds; asked again for each head.</summary>
internal interface ILakeUpdate
{
    /// <summary>Where the buckets that it counts on must be.</summary>
    LakeOffsets From { get; }

    /// <summary>Those buckets: it moves them, or they must not have moved.</summary>
    ImmutableArray<LakeBucket> Expected { get; }

    /// <summary>Writes what the next version refers to and makes that version; null where the head needs none or does not take it.</summary>
    Task<LakeDraft?> PrepareAsync(LakeState head, CancellationToken cancellationToken);

    /// <summary>What it means where no version was made.</summary>
    DiscardReason Unfit { get; }

    /// <summary>Names of the files that it wrote, or may have written, for any head.</summary>
    IReadOnlyCollection<string> Written { get; }
}
