using Grid.Abstractions;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Crash;

/// <summary>
/// What a primary-key table must hold: its rows as values by column id, so that schema changes need no work. A column that a row was written without reads as its default.
/// The first column is the key, an int64.
/// </summary>
internal sealed class TableModel
{
    private readonly SortedDictionary<long, Dictionary<ColumnId, object?>> _rows = [];

    public IEnumerable<long> Keys => _rows.Keys;

    public TableModel Clone()
    {
        var clone = new TableModel();
        foreach (var (key, row) in _rows)
            clone._rows[key] = new(row);
        return clone;
    }

    /// <summary>Applies a row of a write.</summary>
    /// <param name="newest">The table's newest schema.</param>
    /// <param name="columns">The columns that the row has, in the writer's schema version.</param>
    /// <param name="row">Their values.</param>
    /// <param name="partial">Whether only these columns are written.</param>
    /// <param name="delete">Whether it deletes.</param>
    /// <param name="ifAbsent">Whether it is only for a key that has no row.</param>
    public void Write(TableSchema newest, IReadOnlyList<Column> columns, object?[] row, bool partial, bool delete, bool ifAbsent)
    {
        var key = (long)row[0]!;
        if (delete && !(partial && columns.Count > 1))
        {
            _rows.Remove(key);
            return;
        }

        var exists = _rows.TryGetValue(key, out var stored);
        if ((delete && !exists) || (exists && ifAbsent))
            return;
        var values = exists && partial ? stored! : [];
        for (var i = 0; i < columns.Count; i++)
            values[columns[i].Id] = delete && i > 0 ? null : row[i];
        if (delete && newest.Columns.All(column => column.Id == columns[0].Id || Value(values, column) is null))
            _rows.Remove(key);
        else
            _rows[key] = values;
    }

    /// <summary>Puts a row of a changelog.</summary>
    public void Put(IReadOnlyList<Column> columns, object?[] row)
    {
        var values = new Dictionary<ColumnId, object?>();
        for (var i = 0; i < columns.Count; i++)
            values[columns[i].Id] = row[i];
        _rows[(long)values[new ColumnId(1)]!] = values;
    }

    public void Remove(long key) => _rows.Remove(key);

    /// <summary>A row as text in the newest schema; null: there is none.</summary>
    public string? Text(TableSchema newest, long key) =>
        _rows.TryGetValue(key, out var row) ? ArrowRows.Text([newest.Columns.Select(column => Value(row, column)).ToArray()]) : null;

    /// <summary>All rows in key order, as text in the newest schema.</summary>
    public List<string> Text(TableSchema newest) => [.. _rows.Keys.Select(key => Text(newest, key)!)];

    private static object? Value(Dictionary<ColumnId, object?> row, Column column)
    {
        if (!row.TryGetValue(column.Id, out var value))
            return column.Default is null ? null : ValueText.Parse(column.Type, column.Default);
        return (column.Type.Kind, value) switch
        {
            (TypeKind.Int64, int narrow) => (long)narrow,
            (TypeKind.Float64, float narrow) => (double)narrow,
            _ => value,
        };
    }
}
