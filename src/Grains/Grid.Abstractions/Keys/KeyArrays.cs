using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>Finds a batch's key columns and checks that they are what the schema says, so that the loops over them need not.</summary>
internal static class KeyArrays
{
    /// <summary>The array of a key column: of the column's type, as long as the batch, without nulls.</summary>
    public static ArrayData Get(RecordBatch batch, int index, Column column)
    {
        if ((uint)index >= (uint)batch.ColumnCount)
            throw new GridException(GridErrorCode.SchemaMismatch,
                $"Key column '{column.Name}' should be column {index} of the batch, which has {batch.ColumnCount}.");
        var data = batch.Column(index).Data;
        if (!ScalarArrays.IsStoredAs(column.Type, data.DataType))
            throw new GridException(GridErrorCode.SchemaMismatch,
                $"Key column '{column.Name}' is {column.Type}, but the batch has {data.DataType.Name} there.");
        if (data.Length != batch.Length)
            throw new GridException(GridErrorCode.SchemaMismatch,
                $"Key column '{column.Name}' has {data.Length} values in a batch of {batch.Length} rows.");
        if (data.GetNullCount() != 0)
            throw new GridException(GridErrorCode.NullNotAllowed,
                $"Key column '{column.Name}' is null in {data.GetNullCount()} of {batch.Length} rows; keys must have values.");
        return data;
    }
}
