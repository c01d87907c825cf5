using System.Collections.Concurrent;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;

namespace Grid.Client.Rows;

/// <summary>Some key columns of rows of a .NET type, as a batch. Thread safe; the memory is used again.</summary>
/// <typeparam name="T">The row type.</typeparam>
/// <param name="shape">What it looks like.</param>
/// <param name="what">What the columns are, for a refusal: a "bucket key" column.</param>
internal sealed class TypedKeys<T>(RowShape shape, string what)
    where T : class
{
    private readonly ConcurrentBag<BatchBuffer> _builders = [];
    private readonly int[] _positions = [.. Enumerable.Range(0, shape.Members.Length)];
    private RowMapper<T>? _mapper;

    /// <summary>What is done with a batch of the columns, valid during the call, and where they stand in it.</summary>
    public delegate TResult Use<in TState, out TResult>(RecordBatch batch, ReadOnlySpan<int> positions, TState state);

    /// <summary>Has <paramref name="use"/> look at the columns of some rows.</summary>
    public TResult Of<TState, TResult>(TableSchema schema, IReadOnlyList<ColumnId> columns, T[] rows, int start, int count, TState state, Use<TState, TResult> use)
    {
        var mapper = MapperOf(schema, columns);
        if (!_builders.TryTake(out var builder))
            builder = new BatchBuffer(ArrowSchemas.ToArrow(schema, mapper.ColumnIds, change: false, version: false));
        try
        {
            mapper.Write(builder, rows, start, count);
            return use(builder.Build(), _positions.AsSpan(0, mapper.Columns.Count), state);
        }
        finally
        {
            builder.Truncate(0);
            _builders.Add(builder);
        }
    }

    private RowMapper<T> MapperOf(TableSchema schema, IReadOnlyList<ColumnId> columns)
    {
        var mapper = _mapper;
        if (mapper is not null && mapper.Schema == schema)
            return mapper;
        string[] names = [.. columns.Select(id => schema.GetColumn(id).Name)];
        mapper = new RowMapper<T>(shape.InOrderOf(names), schema);
        if (mapper.Columns.Count != names.Length)
            throw new GridException(GridErrorCode.SchemaMismatch, $"{typeof(T).Name} lacks a property for a {what} column; the {what} is {string.Join(", ", names)}.");
        return _mapper = mapper;
    }
}
