using System.Collections;

namespace Grid.Storage.Lake.Keys;

/// <summary>Which rows of a data file are gone; a bit a row.</summary>
internal sealed class DeletedRows
{
    private readonly BitArray _rows;

    /// <param name="rows">Rows of the file, as its manifest says.</param>
    /// <exception cref="Grid.Abstractions.GridException"><see cref="Grid.Abstractions.GridErrorCode.TooLarge"/>.</exception>
    public DeletedRows(long rows) => _rows = rows <= int.MaxValue ? new BitArray((int)rows) : throw LakeErrors.TooLarge("rows in one file", rows, int.MaxValue);

    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>One more; one that is gone already stays so.</summary>
    public void Add(long row)
    {
        if (_rows[(int)row])
            return;
        _rows[(int)row] = true;
        Count++;
    }

    /// <summary>Which, rising.</summary>
    public List<long> ToList()
    {
        var rows = new List<long>(checked((int)Count));
        for (var row = 0; row < _rows.Length; row++)
            if (_rows[row])
                rows.Add(row);
        return rows;
    }

    /// <summary>Whether a row is gone.</summary>
    public bool Contains(long row) => _rows[(int)row];
}
