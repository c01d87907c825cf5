namespace Grid.Storage.Lake.Compaction;

/// <summary>What a step of a table's compaction did.</summary>
/// <param name="Removed">Files that left the table.</param>
/// <param name="Added">Files that came in their place.</param>
/// <param name="Bytes">Bytes of those that left.</param>
/// <param name="AddedBytes">Bytes of those that came.</param>
internal sealed record CompactionStep(int Removed, int Added, long Bytes, long AddedBytes)
{
    /// <summary>There was nothing to do, or somebody else was at the same files.</summary>
    public static CompactionStep Nothing { get; } = new(0, 0, 0, 0);
}
