using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Keys;

/// <summary>Batches of a lake file of a primary-key table, from the last rows of changes. One caller at a time.</summary>
internal sealed class KeyBatches(TableSchema schema, NetChanges changes)
{
    private readonly Apache.Arrow.Schema _arrow = ArrowSchemas.ToArrow(LakeColumns.Extend(schema));
    private readonly ArrayData[][] _columns = [.. Enumerable.Range(0, LakeColumns.Extend(schema).Columns.Length)
        .Select(column => changes.Batches.Select(batch => batch.Column(column).Data).ToArray())];
    private readonly List<RowPick> _picks = [];

    /// <summary>The rows of some changes, in their order.</summary>
    public RecordBatch Gather(ReadOnlySpan<KeyChange> rows)
    {
        _picks.Clear();
        foreach (var row in rows)
            _picks.Add(row.Row);
        var picks = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_picks);
        var arrays = new IArrowArray[_columns.Length];
        for (var i = 0; i < arrays.Length; i++)
            arrays[i] = ArrowArrayFactory.BuildArray(RowGather.Gather(_arrow.FieldsList[i].DataType, _columns[i], picks));
        return new RecordBatch(_arrow, arrays, rows.Length);
    }
}
