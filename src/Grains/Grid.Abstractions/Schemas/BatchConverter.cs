using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>Reads batches of one schema version as another: by column id; missing columns are null or their default, narrower ones widen.</summary>
public sealed class BatchConverter
{
    /// <summary>Prepares the conversion.</summary>
    /// <param name="from">The version the batches were written with.</param>
    /// <param name="fromColumns">The columns that the batches have, in order (system columns not among them); null: all.</param>
    /// <param name="to">The version wanted.</param>
    /// <param name="toColumns">The columns wanted, in order; null: all.</param>
    public BatchConverter(TableSchema from, IReadOnlyList<ColumnId>? fromColumns, TableSchema to, IReadOnlyList<ColumnId>? toColumns) => throw new NotImplementedException();

    /// <summary>Whether batches can be used as they are.</summary>
    public bool IsIdentity => throw new NotImplementedException();

    /// <summary>Converts a batch; arrays that need no change are shared, not copied. System columns behind the table's pass through.</summary>
    public RecordBatch Convert(RecordBatch batch) => throw new NotImplementedException();
}
