using System.Collections.Concurrent;
using Grid.Abstractions;
using Grid.Client.Writing;

namespace Grid.Client.Rows;

/// <summary>A row type's bindings to the layouts and keys of one table; made once for each, shared by all writers of a <see cref="GridTable{T}"/>.</summary>
internal sealed class TypedRows<T>
    where T : class
{
    private readonly RowShape _shape = RowShape.Of(typeof(T));
    private readonly ConcurrentDictionary<WriteLayout, RowBinding<T>> _bindings = new();
    private readonly TypedKeys<T> _bucketKeys;
    private readonly TypedKeys<T> _partitionKeys;
    private WriteLayout? _wholeRows;

    public TypedRows() => (_bucketKeys, _partitionKeys) = (new TypedKeys<T>(_shape, "bucket key"), new TypedKeys<T>(_shape, "partition"));

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
    public void Buckets(BucketFunction function, TableSchema schema, T[] rows, int start, int count, int[] destination) =>
        _bucketKeys.Of(schema, schema.BucketKey, rows, start, count, (function, destination), static (batch, positions, state) =>
        {
            state.function.Buckets(batch, positions, state.destination);
            return true;
        });

    /// <summary>The encoded values of the partition columns of rows.</summary>
    public EncodedKeys Partitions(KeyEncoder encoder, TableSchema schema, T[] rows, int count) =>
        _partitionKeys.Of(schema, schema.PartitionKey, rows, 0, count, encoder, static (batch, positions, encoder) => encoder.Encode(batch, positions));
}
