using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;
using Column = Grid.Abstractions.Column;

namespace Grid.Client.Writing;

/// <summary>Finds a layout's columns in somebody's batch: by name, of the same Arrow type, without nulls where there may be none.</summary>
internal static class BatchBinding
{
    /// <summary>One array for each column of the layout; missing columns get their default or nulls.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="keysOnly">Only key columns are looked at, for deletes: others may be missing, and strangers are ignored.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidTargets"/>, <see cref="GridErrorCode.SchemaMismatch"/>,
    /// <see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public static ArrayData[] Bind(RecordBatch batch, WriteLayout layout, bool keysOnly)
    {
        if (!keysOnly)
            RequireKnown(batch.Schema, layout);
        var data = new ArrayData[layout.Columns.Length];
        for (var i = 0; i < data.Length; i++)
        {
            var column = layout.Columns[i];
            var isKey = layout.Schema.PrimaryKey.Contains(column.Id);
            var index = keysOnly && !isKey ? -1 : FindColumn(batch.Schema, column.Name);
            if (index < 0 && !keysOnly && !column.Nullable && layout.Defaults[i] is null)
                throw new GridException(GridErrorCode.NullNotAllowed, $"The batch lacks column '{column.Name}', which allows no nulls and has no default; add it.");
            if (index < 0 && keysOnly && isKey)
                throw new GridException(GridErrorCode.InvalidKey, $"The batch lacks the key column '{column.Name}'; give the whole key.");
            data[i] = index < 0 ? Missing(layout, i, batch.Length, keysOnly) : Checked(batch.Column(index).Data, layout.ArrowSchema.FieldsList[i], column);
        }

        return data;
    }

    /// <summary>Whether the batch has columns that the layout's table lacks.</summary>
    public static bool HasUnknown(Apache.Arrow.Schema batch, WriteLayout layout)
    {
        foreach (var field in batch.FieldsList)
            if (layout.Schema.IndexOf(field.Name) < 0)
                return true;
        return false;
    }

    /// <summary>Where each of some columns stands in a batch.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidKey"/>: one is missing; <see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public static int[] FindKeys(RecordBatch batch, TableSchema schema, IReadOnlyList<ColumnId> keys)
    {
        var arrow = ArrowSchemas.ToArrow(schema, keys, change: false, version: false);
        var indexes = new int[keys.Count];
        for (var i = 0; i < indexes.Length; i++)
        {
            var column = schema.GetColumn(keys[i]);
            indexes[i] = FindColumn(batch.Schema, column.Name);
            if (indexes[i] < 0)
                throw new GridException(GridErrorCode.InvalidKey, $"The batch lacks column '{column.Name}', which is part of the {(schema.PrimaryKey.Contains(column.Id) ? "key; give the whole key" : "bucket key or the partition; add it")}.");
            Checked(batch.Column(indexes[i]).Data, arrow.FieldsList[i], column);
        }

        return indexes;
    }

    private static void RequireKnown(Apache.Arrow.Schema batch, WriteLayout layout)
    {
        foreach (var field in batch.FieldsList)
        {
            if (layout.IndexOf(field.Name) >= 0)
                continue;
            layout.Schema.GetColumn(field.Name); // refuses a column that the table lacks
            throw new GridException(GridErrorCode.InvalidTargets, $"The batch has column '{field.Name}', which is not among the target columns; leave it out or name it.");
        }
    }

    private static int FindColumn(Apache.Arrow.Schema schema, string name)
    {
        for (var i = 0; i < schema.FieldsList.Count; i++)
            if (string.Equals(schema.FieldsList[i].Name, name, StringComparison.Ordinal))
                return i;
        return -1;
    }

    private static ArrayData Checked(ArrayData data, Field field, Column column)
    {
        if (!ArrayLayouts.Same(data.DataType, field.DataType))
            throw new GridException(GridErrorCode.SchemaMismatch, $"Column '{column.Name}' is a {column.Type} and the batch has the Arrow type {data.DataType.Name} for it; convert it.");
        RequireNulls(data, field);
        return data;
    }

    /// <summary>Nulls under a null parent do not count, and telling them apart is left to the encoder.</summary>
    private static void RequireNulls(ArrayData data, Field field)
    {
        var hasNulls = data.GetNullCount() > 0;
        if (hasNulls && !field.IsNullable)
            throw new GridException(GridErrorCode.NullNotAllowed, $"Column '{field.Name}' allows no nulls and the batch has {data.GetNullCount()}; give them values.");
        if (hasNulls || data.Children is null || field.DataType is not Apache.Arrow.Types.NestedType nested)
            return;
        for (var i = 0; i < nested.Fields.Count; i++)
            RequireNulls(data.Children[i], nested.Fields[i]);
    }

    private static ArrayData Missing(WriteLayout layout, int index, int rows, bool keysOnly)
    {
        var buffer = ColumnBuffer.Create(layout.ArrowSchema.FieldsList[index]);
        if (!keysOnly && layout.Defaults[index] is { } value)
            buffer.AppendRows(value, new int[rows]);
        else
            buffer.AppendMissing(rows);
        return buffer.Build();
    }
}
