namespace Grid.Sql;

/// <summary>Names and texts as SQL writes them.</summary>
internal static class SqlText
{
    /// <summary>A name in double quotes.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text in single quotes. Characters of code 0, at which DuckDB's C API ends a statement, are called by their number.</summary>
    public static string Literal(string text) => text.Contains('\0', StringComparison.Ordinal) ? $"({string.Join(" || chr(0) || ", text.Split('\0').Select(Quoted))})" : Quoted(text);

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
