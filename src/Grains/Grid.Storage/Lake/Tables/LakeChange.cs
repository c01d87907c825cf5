using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Commit;

namespace Grid.Storage.Lake.Tables;

/// <summary>Files that come into a lake table, and how far they bring its buckets.</summary>
internal sealed record LakeChange
{
    /// <summary>Where the buckets that move must be. The buckets that move are those that <see cref="To"/> has elsewhere.</summary>
    public required LakeOffsets From { get; init; }

    /// <summary>Where they are then.</summary>
    public required LakeOffsets To { get; init; }

    /// <summary>Files that are written already; empty where the rows of the range left nothing behind.</summary>
    public ImmutableArray<LakeFile> Added { get; init; } = [];

    /// <summary>The Grid table's newest schema, without the lake's own columns.</summary>
    public required TableSchema Schema { get; init; }

    /// <summary>What else the snapshot's summary says.</summary>
    public ImmutableSortedDictionary<string, string> Summary { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The buckets whose offsets differ.</summary>
    public ImmutableArray<LakeBucket> Moved => [.. From.Buckets.Union(To.Buckets).Where(bucket => From[bucket] != To[bucket]).Order()];
}
