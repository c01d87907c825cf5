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
    private readonly ConcurrentBag<BatchBuilder> _builders = [];
    private RowMapper<T>? _bucketKey;

    public RowShape Shape => _shape;

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
            builder = new BatchBuilder(ArrowSchemas.ToArrow(schema, mapper.ColumnIds, change: false, version: false));
        try
        {
            mapper.Write(builder, rows, 0, count);
            function.Buckets(builder.Build(), Positions(mapper.Columns.Count), destination);
        }
        finally
        {
            builder.Truncate(0);
            _builders.Add(builder);
        }
    }

    private static ReadOnlySpan<int> Positions(int count) => Enumerable.Range(0, count).ToArray();
}
