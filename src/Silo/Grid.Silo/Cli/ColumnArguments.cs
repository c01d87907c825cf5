using Grid.Abstractions;

namespace Grid.Silo.Cli;

/// <summary>Columns as they stand on a command line.</summary>
internal static class ColumnArguments
{
    private const string NotNull = " not null";

    /// <summary>Reads <c>name:type</c>, with <c>!</c> or <c>not null</c> behind it where it may hold no nulls.</summary>
    public static Column Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == text.Length - 1)
            throw new UsageException($"'{text}' is not a column; write name:type, for example origin:string or 'amount:decimal(10,2)!' (the ! means not null).");
        var type = text[(colon + 1)..].Trim();
        var notNull = type.EndsWith('!') || type.EndsWith(NotNull, StringComparison.OrdinalIgnoreCase);
        if (notNull)
            type = type.EndsWith('!') ? type[..^1] : type[..^NotNull.Length];
        return new Column(text[..colon].Trim(), DataType.Parse(type.Trim()), nullable: !notNull);
    }

    /// <summary>Reads <c>name:type=default</c>; without a default the column is nullable.</summary>
    public static Column ParseWithDefault(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? Parse(text) : Parse(text[..equals]) with { Default = text[(equals + 1)..] };
    }

    /// <summary>Splits <c>a,b,c</c>; null and the empty list stay what they are.</summary>
    public static string[]? Names(string? list) => list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Splits <c>a,b:decimal(10,2),c</c> at the commas outside brackets.</summary>
    public static List<string> Split(string list)
    {
        var parts = new List<string>();
        var (start, depth) = (0, 0);
        for (var i = 0; i <= list.Length; i++)
        {
            if (i == list.Length || (list[i] == ',' && depth == 0))
            {
                if (list[start..i].Trim() is { Length: > 0 } part)
                    parts.Add(part);
                start = i + 1;
            }
            else if (list[i] is '(' or '<')
            {
                depth++;
            }
            else if (list[i] is ')' or '>')
            {
                depth--;
            }
        }

        return parts;
    }
}
