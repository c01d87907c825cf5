using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;
using Grid.Client.Rows.Codecs;
using Column = Grid.Abstractions.Column;

namespace Grid.Client.Rows;

/// <summary>A row type bound to columns of one schema version. Immutable; the compiled loops are made once.</summary>
internal sealed class RowMapper<T>
{
    private readonly RowCodec<T> _codec;

    /// <summary>Binds a row type to a table: every member must be a column of a fitting type.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>.</exception>
    public RowMapper(TableSchema schema)
        : this(RowShape.Of(typeof(T)), schema)
    {
    }

    public RowMapper(RowShape shape, TableSchema schema)
    {
        var columns = new Column[shape.Members.Length];
        var codecs = new ColumnCodec[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            var member = shape.Members[i];
            var index = schema.IndexOf(member.Name);
            if (index < 0)
                throw new GridException(GridErrorCode.SchemaMismatch, $"{typeof(T).Name} has a column '{member.Name}' that the table lacks; add it to the table, or mark the property [NotAColumn].");
            columns[i] = schema.Columns[index];
            codecs[i] = CodecFactory.Create(member.Type, member.Nullable, columns[i].Type, member.Name);
        }

        Schema = schema;
        Columns = columns;
        ColumnIds = [.. columns.Select(c => c.Id)];
        _codec = new RowCodec<T>(shape, codecs);
    }

    public TableSchema Schema { get; }

    public IReadOnlyList<Column> Columns { get; }

    public IReadOnlyList<ColumnId> ColumnIds { get; }

    /// <summary>Appends rows to the builder's first columns, which are this mapper's; all of them or, on failure, none.</summary>
    public void Write(BatchBuffer builder, T[] rows, int start, int count)
    {
        var before = builder.Rows;
        try
        {
            _codec.Write(builder.Columns.AsSpan(0, Columns.Count), rows, start, count, present: null);
        }
        catch
        {
            builder.Truncate(before);
            throw;
        }

        builder.Added(count);
    }

    /// <summary>The rows of a batch whose first columns are this mapper's.</summary>
    public void Read(RecordBatch batch, int start, T[] rows, int rowStart, int count)
    {
        var data = new ArrayData[Columns.Count];
        for (var i = 0; i < data.Length; i++)
            data[i] = batch.Column(i).Data;
        _codec.Read(data, start, rows, rowStart, count, present: null);
    }

    public T[] Read(RecordBatch batch)
    {
        var rows = new T[batch.Length];
        Read(batch, 0, rows, 0, rows.Length);
        return rows;
    }
}
