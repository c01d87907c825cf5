using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>The layouts of all schema versions of a table. Immutable; a schema change makes a new one.</summary>
internal sealed class RowLayouts
{
    private readonly RowLayout[] _layouts;

    public RowLayouts(TableInfo table)
    {
        Table = table;
        _layouts = [.. table.Schemas.Select(schema => new RowLayout(schema))];
        KeyIndexes = [.. table.Schema.PrimaryKey.Select(table.Schema.IndexOf)];
    }

    public TableInfo Table { get; }

    /// <summary>The newest.</summary>
    public RowLayout Newest => _layouts[^1];

    /// <summary>Where the key columns stand in the newest version, in key order.</summary>
    public int[] KeyIndexes { get; }

    /// <summary>The layout of a version.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: there is none; the row or the frame is damaged.</exception>
    public RowLayout this[SchemaVersion version] =>
        version.Value >= 1 && version.Value <= _layouts.Length
            ? _layouts[version.Value - 1]
            : throw RowError.Make($"its schema version is {version}; {Table.Path} has 1 to {_layouts.Length}");

    /// <summary>The layout of a row.</summary>
    public RowLayout Of(RowRef row) =>
        row.Length >= RowRef.HeaderBytes ? this[row.SchemaVersion] : throw RowError.Make($"it has {row.Length} bytes, fewer than its header's {RowRef.HeaderBytes}");
}
