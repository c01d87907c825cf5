using Grid.Abstractions;

namespace Grid.Silo.Cli;

/// <summary>Key values as they stand on a command line, in key order.</summary>
internal static class KeyArguments
{
    /// <summary>Reads the values of the first key columns.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.InvalidKey"/>, <see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static object?[] Parse(TableInfo table, IReadOnlyList<string> texts)
    {
        var schema = table.Schema;
        if (!schema.HasPrimaryKey)
            throw new GridException(GridErrorCode.WrongTableKind, $"{table.Path} is a log table and has no keys; read it with 'grid scan' or 'grid tail'.");
        if (texts.Count > schema.PrimaryKey.Length)
            throw new GridException(GridErrorCode.InvalidKey,
                $"{texts.Count} values were given; the key of {table.Path} has {schema.PrimaryKey.Length}: {string.Join(", ", schema.PrimaryKey.Select(id => schema.GetColumn(id).Name))}.");
        var values = new object?[texts.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var column = schema.GetColumn(schema.PrimaryKey[i]);
            try
            {
                values[i] = ValueText.Parse(column.Type, texts[i]);
            }
            catch (GridException e)
            {
                throw new GridException(e.Code, $"Key column '{column.Name}': {e.Message}", e);
            }
        }

        return values;
    }
}
