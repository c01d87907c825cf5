namespace Grid.Abstractions;

/// <summary>The name of a table: <c>database.table</c>.</summary>
/// <param name="Database">The database's name.</param>
/// <param name="Table">The table's name within it.</param>
[GenerateSerializer, Immutable, Alias("grid.TablePath")]
public readonly record struct TablePath([property: Id(0)] string Database, [property: Id(1)] string Table)
{
    /// <summary>Longest name of a database or a table, in characters.</summary>
    public const int NameLengthMax = 128;

    /// <inheritdoc/>
    public override string ToString() => $"{Database}.{Table}";

    /// <summary>Reads <c>database.table</c>.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidName"/>: not two legal names joined by a dot.</exception>
    public static TablePath Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || text.IndexOf('.', dot + 1) >= 0)
            throw new GridException(GridErrorCode.InvalidName, $"'{text}' does not name a table; write database.table, for example air.flights.");
        var path = new TablePath(text[..dot], text[(dot + 1)..]);
        RequireName(path.Database, "database");
        RequireName(path.Table, "table");
        return path;
    }

    /// <summary>Checks one name: 1 to <see cref="NameLengthMax"/> ASCII letters, digits, '_' or '-', the first a letter or '_'.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidName"/>.</exception>
    public static void RequireName(string name, string what)
    {
        var legal = name is { Length: > 0 and <= NameLengthMax } && (char.IsAsciiLetter(name[0]) || name[0] == '_');
        for (var i = 1; legal && i < name.Length; i++)
            legal = char.IsAsciiLetterOrDigit(name[i]) || name[i] is '_' or '-';
        if (!legal)
            throw new GridException(GridErrorCode.InvalidName,
                $"'{name}' is not a legal {what} name; use 1 to {NameLengthMax} ASCII letters, digits, '_' or '-', starting with a letter or '_'.");
    }
}
