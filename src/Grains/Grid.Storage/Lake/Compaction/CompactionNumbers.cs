namespace Grid.Storage.Lake.Compaction;

/// <summary>What a table's compaction knows of its files.</summary>
/// <param name="SmallFiles">Files that are small, as of the last look and what came of it; null: nobody looked yet.</param>
/// <param name="CommittedMs">When it last replaced files, milliseconds since 1970; null: it did not since it runs here.</param>
internal sealed record CompactionNumbers(int? SmallFiles, long? CommittedMs)
{
    /// <summary>Why some files are not rewritten; null: nothing keeps them from it.</summary>
    public string? Hindrance { get; init; }
}
