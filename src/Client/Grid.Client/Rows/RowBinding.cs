using Grid.Abstractions;
using Grid.Client.Columns;
using Grid.Client.Rows.Codecs;
using Grid.Client.Writing;

namespace Grid.Client.Rows;

/// <summary>A row type bound to a writer's layout: each member to its column, columns without a member to their default.</summary>
internal sealed class RowBinding<T>
{
    private readonly RowCodec<T> _codec;
    private readonly int[] _columns;
    private readonly int[] _missing;

    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.NullNotAllowed"/>: a column without nulls has no property.</exception>
    public RowBinding(WriteLayout layout)
        : this(layout, RowShape.Of(typeof(T)))
    {
    }

    public RowBinding(WriteLayout layout, RowShape shape)
    {
        Layout = layout;
        shape = shape.InOrderOf([.. layout.Columns.Select(c => c.Name)]);
        _columns = [.. shape.Members.Select(m => layout.IndexOf(m.Name))];
        _codec = new RowCodec<T>(shape, [.. shape.Members.Select((m, i) => CodecFactory.Create(m.Type, m.Nullable, layout.Columns[_columns[i]].Type, m.Name))]);
        _missing = [.. Enumerable.Range(0, layout.Columns.Length).Except(_columns)];
    }

    public WriteLayout Layout { get; }

    /// <summary>Refuses a type that lacks a column which every row must have; deletes need the key only.</summary>
    public void RequireWhole()
    {
        foreach (var column in _missing)
            if (!Layout.Columns[column].Nullable && Layout.Defaults[column] is null)
                throw new GridException(GridErrorCode.NullNotAllowed, $"{typeof(T).Name} has no property for column '{Layout.Columns[column].Name}', which allows no nulls; add one.");
    }

    /// <summary>Appends rows to the layout's columns; on failure none of them.</summary>
    public void Write(BatchBuffer builder, T[] rows, int start, int count)
    {
        var before = builder.Rows;
        try
        {
            var columns = new ColumnBuffer[_columns.Length];
            for (var i = 0; i < columns.Length; i++)
                columns[i] = builder.Columns[_columns[i]];
            _codec.Write(columns, rows, start, count, present: null);
            foreach (var column in _missing)
            {
                if (Layout.Defaults[column] is { } data)
                    builder.Columns[column].AppendRows(data, new int[count]);
                else
                    builder.Columns[column].AppendMissing(count);
            }
        }
        catch
        {
            builder.Truncate(before);
            throw;
        }

        builder.Added(count);
    }
}
