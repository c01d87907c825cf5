using System.Collections.Immutable;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Keys;

/// <summary>
/// What an index is of: a bucket's offset in the lake and the data files that it then has there. Both together say where each key's row is, whoever wrote and committed what in between: at an offset each
/// key has one row, and a compaction, which leaves the offset, changes the files.
/// </summary>
internal sealed record LakeIndexState
{
    /// <summary>An index of nothing.</summary>
    public static LakeIndexState Empty { get; } = new();

    /// <summary>The first offset that the lake does not have.</summary>
    public long Offset { get; init; }

    /// <summary>Data files by their numbers here: locations.</summary>
    public ImmutableSortedDictionary<int, string> Files { get; init; } = ImmutableSortedDictionary<int, string>.Empty;

    /// <summary>Whether a bucket of the lake is in this state.</summary>
    public bool Is(LogOffset offset, IReadOnlySet<string> locations)
    {
        if (Offset != offset.Value || Files.Count != locations.Count)
            return false;
        foreach (var location in Files.Values)
            if (!locations.Contains(location))
                return false;
        return true;
    }
}

/// <summary>The index's own record: what is indexed, and what will be once a commit is known to have succeeded.</summary>
internal sealed record LakeIndexMeta
{
    private const string Magic = "grid-lake-index-1";

    /// <summary>Which format it has.</summary>
    public string Format { get; init; } = Magic;

    /// <summary>Whose it is.</summary>
    public required int Table { get; init; }

    /// <summary>The number that the next file gets; never used twice.</summary>
    public int NextFile { get; init; } = 1;

    /// <summary>What the index's places are of.</summary>
    public LakeIndexState Indexed { get; init; } = LakeIndexState.Empty;

    /// <summary>What they are of when the pending ones are taken in; null: none are pending.</summary>
    public LakeIndexState? Pending { get; init; }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, LakeIndexJson.Default.LakeIndexMeta);

    /// <summary>The record; null where it is no such record, or another table's.</summary>
    public static LakeIndexMeta? TryRead(ReadOnlySpan<byte> bytes, TableId table)
    {
        try
        {
            var meta = JsonSerializer.Deserialize(bytes, LakeIndexJson.Default.LakeIndexMeta);
            return meta is { Format: Magic, Indexed.Files: not null } && meta.Table == table.Value && meta.Pending is null or { Files: not null } ? meta : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
