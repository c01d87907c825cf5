using Apache.Arrow;

namespace Grid.Client;

/// <summary>The answer to a lookup of many keys.</summary>
public sealed class LookupRows
{
    private readonly int[] _rows;

    internal LookupRows(RecordBatch found, int[] rows)
    {
        Found = found;
        _rows = rows;
    }

    /// <summary>The rows found, in no particular order: the columns asked for.</summary>
    public RecordBatch Found { get; }

    /// <summary>Keys asked for.</summary>
    public int Count => _rows.Length;

    /// <summary>For key number <paramref name="key"/> of the request its row in <see cref="Found"/>, or -1 where there is none.</summary>
    public int RowOf(int key) => _rows[key];
}
