using Grid.Sql.Lake;

namespace Grid.Sql.Tables;

/// <summary>What a name in a statement stands for: files of the lake, rows that come through the grid, or both, one behind the other.</summary>
internal sealed class PlannedTable : IDisposable
{
    /// <summary>A select of the lake's part; null: there is none.</summary>
    public string? Lake { get; init; }

    /// <summary>The lake files that it reads.</summary>
    public IReadOnlyList<LakeFileLease> Files { get; init; } = [];

    /// <summary>The grid's part; null: there is none.</summary>
    public SqlTable? Fresh { get; init; }

    /// <summary>Two reads of the grid's part may differ, and the statement reads it more than once: it is read into memory first.</summary>
    public bool ReadOnce { get; init; }

    public void Dispose()
    {
        foreach (var file in Files)
            file.Dispose();
    }
}
