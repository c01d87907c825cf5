using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Turns batches with anybody's Arrow types into batches with a table's: matched by name, in the order given. Arrays that fit already are shared.</summary>
internal sealed class BatchCaster
{
    private readonly Column[] _columns;
    private readonly Schema _schema;

    /// <summary>Prepares.</summary>
    /// <param name="columns">The columns wanted: names that the batches have, types of the table.</param>
    public BatchCaster(IReadOnlyList<Column> columns)
    {
        _columns = [.. columns];
        _schema = RowFormat.ArrowSchema(columns);
    }

    /// <summary>Casts a batch; the answer shares arrays with it, so it lives as long as the batch does.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: a value does not fit its column's type, with column and row.</exception>
    public RecordBatch Cast(RecordBatch batch)
    {
        var arrays = new IArrowArray[_columns.Length];
        for (var i = 0; i < arrays.Length; i++)
        {
            try
            {
                arrays[i] = ArrayCast.To(batch.Column(_columns[i].Name), _columns[i].Type, _schema.FieldsList[i].DataType);
            }
            catch (GridException e)
            {
                throw new GridException(GridErrorCode.SchemaMismatch, $"Column '{_columns[i].Name}': {e.Message}", e);
            }
        }

        return new RecordBatch(_schema, arrays, batch.Length);
    }
}
