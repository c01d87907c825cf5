using Apache.Arrow;

namespace Grid.Client.Columns;

/// <summary>Rows being gathered, column by column. One caller at a time.</summary>
internal sealed class BatchBuffer
{
    public BatchBuffer(Apache.Arrow.Schema schema)
    {
        Schema = schema;
        Columns = new ColumnBuffer[schema.FieldsList.Count];
        for (var i = 0; i < Columns.Length; i++)
            Columns[i] = ColumnBuffer.Create(schema.FieldsList[i]);
    }

    public Apache.Arrow.Schema Schema { get; }

    public ColumnBuffer[] Columns { get; }

    /// <summary>Rows; counted here because a batch may have no columns.</summary>
    public int Rows { get; private set; }

    public long Bytes
    {
        get
        {
            var bytes = 0L;
            foreach (var column in Columns)
                bytes += column.Bytes;
            return bytes;
        }
    }

    /// <summary>Appends a run of rows; <paramref name="columns"/> has one array for each column of the builder.</summary>
    public void AppendRange(ReadOnlySpan<ArrayData> columns, int start, int count)
    {
        for (var i = 0; i < columns.Length; i++)
            Columns[i].AppendRange(columns[i], start, count);
        Rows += count;
    }

    /// <summary>Appends picked rows; <paramref name="columns"/> has one array for each column of the builder.</summary>
    public void AppendRows(ReadOnlySpan<ArrayData> columns, ReadOnlySpan<int> rows)
    {
        for (var i = 0; i < columns.Length; i++)
            Columns[i].AppendRows(columns[i], rows);
        Rows += rows.Length;
    }

    /// <summary>Counts rows that were appended to every column directly.</summary>
    public void Added(int rows) => Rows += rows;

    /// <summary>Takes the rows from <paramref name="rows"/> on away again; also mends columns of unequal length after a failed append.</summary>
    public void Truncate(int rows)
    {
        foreach (var column in Columns)
            column.Truncate(rows);
        Rows = rows;
    }

    /// <summary>The rows as a view of the builder's memory: valid until rows are appended after a <see cref="Truncate"/>, for ever if there is none.</summary>
    public RecordBatch Build()
    {
        var arrays = new IArrowArray[Columns.Length];
        for (var i = 0; i < arrays.Length; i++)
            arrays[i] = ArrowArrayFactory.BuildArray(Columns[i].Build());
        return new RecordBatch(Schema, arrays, Rows);
    }

    /// <summary>Picked rows of a batch as a batch of their own.</summary>
    public static RecordBatch Pick(RecordBatch batch, ReadOnlySpan<int> rows)
    {
        var builder = new BatchBuffer(batch.Schema);
        builder.AppendRows(DataOf(batch), rows);
        return builder.Build();
    }

    public static ArrayData[] DataOf(RecordBatch batch)
    {
        var data = new ArrayData[batch.ColumnCount];
        for (var i = 0; i < data.Length; i++)
            data[i] = batch.Column(i).Data;
        return data;
    }
}
