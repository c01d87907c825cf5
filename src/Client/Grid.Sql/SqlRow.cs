using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Sql;

/// <summary>A row of a result.</summary>
public sealed class SqlRow
{
    private readonly Schema _schema;
    private readonly object?[] _values;

    internal SqlRow(Schema schema, object?[] values) => (_schema, _values) = (schema, values);

    /// <summary>Columns.</summary>
    public int Count => _values.Length;

    /// <summary>The value of a column, from 0: null, the .NET type of <see cref="ValueText"/>, an <see cref="object"/> array of a list, a dictionary of a struct, key-value pairs of a map.</summary>
    public object? this[int column] => _values[column];

    /// <summary>The value of a column by its name.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public object? this[string name]
    {
        get
        {
            var index = _schema.GetFieldIndex(name, StringComparer.OrdinalIgnoreCase);
            return index >= 0 ? _values[index]
                : throw new GridException(GridErrorCode.UnknownColumn, $"The result has no column '{name}'; its columns are {string.Join(", ", _schema.FieldsList.Select(field => field.Name))}.");
        }
    }
}
