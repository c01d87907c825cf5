using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>Files that come into a lake table or leave it, and how far that brings its buckets.</summary>
internal sealed record LakeChange
{
    /// <summary>Where the buckets that move must be, and those of <see cref="Guarded"/>. The buckets that move are those that <see cref="To"/> has elsewhere.</summary>
    public required LakeOffsets From { get; init; }

    /// <summary>Where they are then.</summary>
    public required LakeOffsets To { get; init; }

    /// <summary>Files that are written already; empty where the rows of the range left nothing behind.</summary>
    public ImmutableArray<LakeFile> Added { get; init; } = [];

    /// <summary>Live files that leave the table, of data and of deletes, as a listing of it had them. Where one is not live in the head any more, nothing of the change comes in.</summary>
    public ImmutableArray<LakeFile> Removed { get; init; } = [];

    /// <summary>
    /// Locations of live data files that must still be part of the head, and stay: those that added position deletes name. A file that was rewritten meanwhile has its rows under another name, where such deletes would
    /// not reach them. They are looked for in the buckets that move or are guarded.
    /// </summary>
    public ImmutableArray<string> Needed { get; init; } = [];

    /// <summary>Whether what is added was made of removed files as they are: the buckets of <see cref="Removed"/> must have no deletes then, whoever added them, or rows that are gone would come back.</summary>
    public bool IsWithoutDeletes { get; init; }

    /// <summary>Buckets that must be where <see cref="From"/> has them, without moving.</summary>
    public ImmutableArray<LakeBucket> Guarded { get; init; } = [];

    /// <summary>The Grid table's newest schema, without the lake's own columns.</summary>
    public required TableSchema Schema { get; init; }

    /// <summary>What else the snapshot's summary says.</summary>
    public ImmutableSortedDictionary<string, string> Summary { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The buckets whose offsets differ.</summary>
    public ImmutableArray<LakeBucket> Moved => [.. From.Buckets.Union(To.Buckets).Where(bucket => From[bucket] != To[bucket]).Order()];

    /// <summary>What a snapshot of the change is called. Rows and offsets go together: where no bucket moves, the rows are those that were there before, in other files.</summary>
    public string Operation =>
        Removed.IsEmpty && Added.All(file => file.Content == LakeFileContent.Data) ? Snapshot.Append
        : Moved.IsEmpty && !Removed.IsEmpty && (!Added.IsEmpty || Removed.All(file => file.Content != LakeFileContent.Data)) ? Snapshot.Replace
        : Added.Any(file => file.Content == LakeFileContent.Data) ? Snapshot.Overwrite
        : Snapshot.Delete;
}
