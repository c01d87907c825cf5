namespace Grid.Storage.Lake.Iceberg;

/// <summary>Entries of one status in a manifest.</summary>
/// <param name="Files">How many.</param>
/// <param name="Rows">The rows in those files.</param>
internal readonly record struct FileCounts(int Files, long Rows)
{
    public FileCounts Add(long rows) => new(Files + 1, Rows + rows);
}
