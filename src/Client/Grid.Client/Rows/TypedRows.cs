using System.Collections.Concurrent;
using Grid.Abstractions;
using Grid.Client.Columns;
using Grid.Client.Writing;

namespace Grid.Client.Rows;

/// <summary>A row type's bindings to the layouts and keys of one table; made once for each, shared by all writers of a <see cref="GridTable{T}"/>.</summary>
internal sealed class TypedRows<T>
    where T : class
{
    private readonly RowShape _shape = RowShape.Of(typeof(T));
    private readonly ConcurrentDictionary<WriteLayout, RowBinding<T>> _bindings = new();
    private readonly ConcurrentBag<BatchBuffer> _builders = [];
    private readonly int[] _positions;
    private RowMapper<T>? _bucketKey;

    private WriteLayout? _wholeRows;

    public TypedRows() => _positions = [.. Enumerable.Range(0, _shape.Members.Length)];

    public RowShape Shape => _shape;

    /// <summary>The layout of whole rows in a schema version.</summary>
    public WriteLayout LayoutFor(TableSchema schema)
    {
        var layout = _wholeRows;
        return layout is not null && layout.Schema == schema ? layout : _wholeRows = new WriteLayout(schema, targets: null);
    }

    /// <summary>The key of a row, as lookups take it.</summary>
    public object?[] KeyOf(T row, TableSchema schema)
    {
        var values = new object?[schema.PrimaryKey.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var column = schema.GetColumn(schema.PrimaryKey[i]);
            var member = System.Array.Find(_shape.Members, m => m.Name == column.Name)
                ?? throw new GridException(GridErrorCode.SchemaMismatch, $"{typeof(T).Name} lacks a property for the key column '{column.Name}'.");
            values[i] = KeyValues.Normalize(member.Property!.GetValue(row), column);
        }

        return values;
    }

    public RowBinding<T> BindingFor(WriteLayout layout, bool wholeRows)
    {
        var binding = _bindings.GetOrAdd(layout, static (key, shape) => new RowBinding<T>(key, shape), _shape);
        if (wholeRows)
            binding.RequireWhole();
        return binding;
    }

    /// <summary>The buckets of rows, by their bucket key columns.</summary>
    public void Buckets(BucketFunction function, TableSchema schema, T[] rows, int count, int[] destination)
    {
        var mapper = _bucketKey;
        if (mapper is null || mapper.Schema != schema)
        {
            string[] names = [.. schema.BucketKey.Select(id => schema.GetColumn(id).Name)];
            mapper = new RowMapper<T>(_shape.InOrderOf(names), schema);
            if (mapper.Columns.Count != names.Length)
                throw new GridException(GridErrorCode.SchemaMismatch, $"{typeof(T).Name} lacks a property for a bucket key column; the bucket key is {string.Join(", ", names)}.");
            _bucketKey = mapper;
        }

        if (!_builders.TryTake(out var builder))
            builder = new BatchBuffer(ArrowSchemas.ToArrow(schema, mapper.ColumnIds, change: false, version: false));
        try
        {
            mapper.Write(builder, rows, 0, count);
            function.Buckets(builder.Build(), _positions.AsSpan(0, mapper.Columns.Count), destination);
        }
        finally
        {
            builder.Truncate(0);
            _builders.Add(builder);
        }
    }
}
