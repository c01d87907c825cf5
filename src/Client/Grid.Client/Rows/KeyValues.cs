using System.Runtime.CompilerServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;
using Grid.Client.Rows.Codecs;
using Column = Grid.Abstractions.Column;

namespace Grid.Client.Rows;

/// <summary>Keys given as .NET values: one value for a key of one column, a tuple for more.</summary>
internal static class KeyValues
{
    /// <summary>The values of one key or prefix, of the .NET types of <see cref="ValueText"/>.</summary>
    public static object?[] Of<TKey>(TKey key, TableSchema schema)
        where TKey : notnull
    {
        var tuple = key as ITuple;
        var values = new object?[tuple?.Length ?? 1];
        if (values.Length > schema.PrimaryKey.Length)
            throw new GridException(GridErrorCode.InvalidKey, $"The key has {schema.PrimaryKey.Length} columns and {values.Length} values were given.");
        for (var i = 0; i < values.Length; i++)
            values[i] = Normalize(tuple is null ? key : tuple[i], schema.GetColumn(schema.PrimaryKey[i]));
        return values;
    }

    /// <summary>Other .NET types that stand for a column's type in rows may do so in keys.</summary>
    public static object? Normalize(object? value, Column column) => value switch
    {
        Enum => Convert.ChangeType(value, Enum.GetUnderlyingType(value.GetType()), System.Globalization.CultureInfo.InvariantCulture),
        DateTime time when column.Type.Kind == TypeKind.TimestampUtc => new DateTimeOffset(time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc)),
        _ => value,
    };
}

/// <summary>Many keys of one .NET type as key columns.</summary>
internal sealed class KeyColumns<TKey>
    where TKey : notnull
{
    private readonly RowMapper<TKey>? _tuple;
    private readonly ColumnCodec<TKey>? _single;
    private readonly Apache.Arrow.Schema _schema;

    public KeyColumns(TableSchema schema)
    {
        Column[] columns = [.. schema.PrimaryKey.Select(schema.GetColumn)];
        _schema = ArrowSchemas.ToArrow(schema, schema.PrimaryKey, change: false, version: false);
        if (typeof(ITuple).IsAssignableFrom(typeof(TKey)))
        {
            if (!typeof(TKey).IsValueType || typeof(TKey).GetGenericArguments().Length != columns.Length || columns.Length > 7)
                throw new GridException(GridErrorCode.InvalidKey, $"{typeof(TKey).Name} does not fit a key of {columns.Length} columns ({string.Join(", ", columns.Select(c => c.Name))}); give a value tuple of as many items, up to 7.");
            _tuple = new RowMapper<TKey>(RowShape.OfTuple(typeof(TKey), [.. columns.Select(c => c.Name)]), schema);
        }
        else
        {
            if (columns.Length != 1)
                throw new GridException(GridErrorCode.InvalidKey, $"The key has {columns.Length} columns ({string.Join(", ", columns.Select(c => c.Name))}); give a tuple of their values.");
            _single = (ColumnCodec<TKey>)CodecFactory.Create(typeof(TKey), nullable: false, columns[0].Type, columns[0].Name);
        }
    }

    /// <summary>The keys as a batch with the key columns in key order.</summary>
    public RecordBatch Build(IReadOnlyList<TKey> keys)
    {
        var array = keys as TKey[] ?? [.. keys];
        var builder = new BatchBuffer(_schema);
        if (_tuple is not null)
        {
            _tuple.Write(builder, array, 0, array.Length);
        }
        else
        {
            _single!.Write(builder.Columns[0], array, array.Length, present: null);
            builder.Added(array.Length);
        }

        return builder.Build();
    }
}
