using System.Globalization;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Sql.Statements;

/// <summary>A value that a column is compared with, as text of the column's type; only where DuckDB compares in that type too.</summary>
internal static class FilterValue
{
    /// <param name="expression">A constant, a typed text such as <c>date '2026-01-31'</c>, or a parameter.</param>
    /// <param name="type">The column's type.</param>
    /// <param name="parameters">Parameters by name.</param>
    public static string? Of(JsonElement expression, DataType type, IReadOnlyDictionary<string, object?> parameters) => Text(expression, "class") switch
    {
        "CONSTANT" => OfConstant(expression.GetProperty("value"), type),
        "CAST" when !expression.GetProperty("try_cast").GetBoolean() && Text(expression.GetProperty("child"), "class") == "CONSTANT"
            && Text(expression.GetProperty("cast_type"), "id") is { } cast && IsOwn(cast, type) => OfConstant(expression.GetProperty("child").GetProperty("value"), type),
        "PARAMETER" when Text(expression, "identifier") is { } name && parameters.TryGetValue(name, out var value) => OfObject(value, type),
        _ => null,
    };

    private static string? OfConstant(JsonElement value, DataType type)
    {
        if (value.GetProperty("is_null").GetBoolean())
            return null;
        var content = value.GetProperty("value");
        var typeOf = value.GetProperty("type");
        return (Text(typeOf, "id"), content.ValueKind) switch
        {
            ("VARCHAR", JsonValueKind.String) => OfText(content.GetString()!, type),
            ("BOOLEAN", JsonValueKind.True or JsonValueKind.False) when type.Kind == TypeKind.Boolean => content.GetBoolean() ? "true" : "false",
            ("TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT", JsonValueKind.Number) => OfNumber(content.GetRawText(), type),
            ("DECIMAL", JsonValueKind.Number) when content.TryGetInt64(out var units) && typeOf.GetProperty("type_info").GetProperty("scale").GetInt32() is <= 28 and var scale =>
                OfNumber(new decimal((int)Math.Abs(units), (int)(Math.Abs(units) >> 32), 0, units < 0, (byte)scale).ToString(CultureInfo.InvariantCulture), type),
            ("DOUBLE", JsonValueKind.Number) when type.Kind == TypeKind.Float64 => Canonical(content.GetRawText(), type),
            _ => null,
        };
    }

    private static string? OfObject(object? value, DataType type) => value switch
    {
        string text when type.Kind == TypeKind.String => Canonical(text, type),
        bool flag when type.Kind == TypeKind.Boolean => flag ? "true" : "false",
        sbyte or short or int or long or byte or ushort or uint or decimal => OfNumber(Convert.ToString(value, CultureInfo.InvariantCulture)!, type),
        double number when type.Kind == TypeKind.Float64 => ValueText.Format(type, number),
        DateOnly when type.Kind == TypeKind.Date => ValueText.Format(type, value),
        TimeOnly when type.Kind == TypeKind.Time => ValueText.Format(type, value),
        DateTime { Kind: not DateTimeKind.Utc } when type.Kind == TypeKind.Timestamp => ValueText.Format(type, value),
        DateTimeOffset when type.Kind == TypeKind.TimestampUtc => ValueText.Format(type, value),
        Guid when type.Kind == TypeKind.Uuid => ValueText.Format(type, value),
        _ => null,
    };

    // A text that stands for itself takes the column's type; of binary columns the two ways to write bytes differ. The parser writes true and false as t and f.
    private static string? OfText(string text, DataType type) => type.Kind switch
    {
        TypeKind.Binary or TypeKind.FixedBinary => null,
        TypeKind.Boolean when text is "t" or "f" => text == "t" ? "true" : "false",
        _ => Canonical(text, type),
    };

    private static string? OfNumber(string text, DataType type) => type.Kind switch
    {
        TypeKind.Int8 or TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Float64 => Canonical(text, type),
        // More digits than the column has: DuckDB compares them all.
        TypeKind.Decimal when decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) && type.Scale <= 28 && decimal.Round(number, type.Scale) == number => Canonical(text, type),
        _ => null,
    };

    private static string? Canonical(string text, DataType type)
    {
        try
        {
            return ValueText.Format(type, ValueText.Parse(type, text));
        }
        catch (GridException)
        {
            // Not a value of the column's type: DuckDB knows what to do with it.
            return null;
        }
    }

    private static bool IsOwn(string cast, DataType type) => type.Kind switch
    {
        TypeKind.Boolean => cast == "BOOLEAN",
        TypeKind.Date => cast == "DATE",
        TypeKind.Time => cast == "TIME",
        TypeKind.Timestamp => cast == "TIMESTAMP",
        TypeKind.TimestampUtc => cast == "TIMESTAMP WITH TIME ZONE",
        TypeKind.Uuid => cast == "UUID",
        TypeKind.String => cast == "VARCHAR",
        _ => false,
    };

    private static string? Text(JsonElement element, string property) => element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
