using System.Globalization;

namespace Grid.Abstractions;

/// <summary>
/// Scalar values and their text form, invariant and exact: <c>true</c>, <c>-5</c>, <c>12.50</c>, <c>1.5E-7</c>, text as it is, binary as hex,
/// <c>2001-01-31</c>, <c>13:45:00.000001</c>, <c>2001-01-31T13:45:00.5</c>, the same with <c>Z</c> for UTC, UUIDs with dashes.
/// The .NET types: bool, sbyte, short, int, long, float, double, decimal (SqlDecimal where the type has more than 28 digits), string, byte[],
/// DateOnly, TimeOnly, DateTime (unspecified), DateTimeOffset (UTC), Guid. Nothing is rounded: a decimal with more digits than its type, or a time
/// finer than a microsecond, is refused.
/// </summary>
public static class ValueText
{
    private const NumberStyles FloatStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
    private const DateTimeStyles UtcStyle = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
    private const string DateFormat = "yyyy-MM-dd";
    private const string TimeFormat = "HH:mm:ss.FFFFFF";
    private static readonly string[] TimeFormats = [TimeFormat, "HH:mm"];
    private static readonly string[] TimestampFormats =
        ["yyyy-MM-ddTHH:mm:ss.FFFFFF", "yyyy-MM-ddTHH:mm", "yyyy-MM-dd HH:mm:ss.FFFFFF", "yyyy-MM-dd HH:mm", DateFormat];

    private static readonly string[] TimestampUtcFormats =
        ["yyyy-MM-ddTHH:mm:ss.FFFFFFzzz", "yyyy-MM-ddTHH:mmzzz", "yyyy-MM-dd HH:mm:ss.FFFFFFzzz", "yyyy-MM-dd HH:mmzzz"];

    /// <summary>Reads a value of a scalar type.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: with the text, the type and an example of what is legal.</exception>
    public static object Parse(DataType type, string text)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(text);
        return ParseCore(type, text) ?? throw Refuse(type, text);
    }

    /// <summary>Writes a value of a scalar type so that <see cref="Parse"/> reads the same value.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the value is not of the type's .NET type or outside its range.</exception>
    public static string Format(DataType type, object value)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(value);
        return FormatCore(type, value) ?? throw Refuse(type, value.GetType() + " " + Convert.ToString(value, CultureInfo.InvariantCulture));
    }

    private static object? ParseCore(DataType type, string text)
    {
        var culture = CultureInfo.InvariantCulture;
        switch (type.Kind)
        {
            case TypeKind.Boolean:
                return text.Equals("true", StringComparison.OrdinalIgnoreCase) ? true : text.Equals("false", StringComparison.OrdinalIgnoreCase) ? false : null;
            case TypeKind.Int8 or TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64:
                return long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out var integer) ? ScalarValues.FromInteger(type.Kind, integer) : null;
            case TypeKind.Float32:
                return float.TryParse(text, FloatStyle, culture, out var single) && (!float.IsInfinity(single) || IsInfinity(text)) ? single : null;
            case TypeKind.Float64:
                return double.TryParse(text, FloatStyle, culture, out var number) && (!double.IsInfinity(number) || IsInfinity(text)) ? number : null;
            case TypeKind.Decimal:
                return DecimalValues.TryParse(text, type.Precision, type.Scale, out var units) ? DecimalValues.ToObject(units, type.Precision, type.Scale) : null;
            case TypeKind.String:
                return ScalarValues.IsUnicode(text) ? text : null;
            case TypeKind.Binary or TypeKind.FixedBinary:
                return ParseHex(type, text);
            case TypeKind.Date:
                return DateOnly.TryParseExact(text, DateFormat, culture, DateTimeStyles.None, out var date) ? date : null;
            case TypeKind.Time:
                return TimeOnly.TryParseExact(text, TimeFormats, culture, DateTimeStyles.None, out var time) ? time : null;
            case TypeKind.Timestamp:
                return DateTime.TryParseExact(text, TimestampFormats, culture, DateTimeStyles.None, out var timestamp) ? timestamp : null;
            case TypeKind.TimestampUtc:
                // 'zzz' reads an offset but not the letter Z.
                var zoned = text.EndsWith('Z') ? text[..^1] + "+00:00" : text;
                return DateTimeOffset.TryParseExact(zoned, TimestampUtcFormats, culture, UtcStyle, out var utc) ? utc : null;
            case TypeKind.Uuid:
                return Guid.TryParseExact(text, "D", out var uuid) ? uuid : null;
            default:
                return null;
        }
    }

    private static string? FormatCore(DataType type, object value)
    {
        var culture = CultureInfo.InvariantCulture;
        switch (type.Kind)
        {
            case TypeKind.Float32:
                return (value as float?)?.ToString(culture);
            case TypeKind.Float64:
                return (value as double?)?.ToString(culture);
            case TypeKind.Decimal:
                return DecimalValues.TryFromObject(value, type.Precision, type.Scale, out var units) ? DecimalValues.Format(units, type.Scale) : null;
            case TypeKind.String:
                return value is string text && ScalarValues.IsUnicode(text) ? text : null;
            case TypeKind.Binary or TypeKind.FixedBinary:
                return ScalarValues.TryGetBytes(type, value) is { } bytes ? Convert.ToHexStringLower(bytes) : null;
            case TypeKind.Uuid:
                return (value as Guid?)?.ToString("D");
        }

        if (!ScalarValues.TryGetInteger(type.Kind, value, out var number))
            return null;
        return value switch
        {
            bool flag => flag ? "true" : "false",
            DateOnly date => date.ToString(DateFormat, culture),
            TimeOnly time => time.ToString(TimeFormat, culture),
            DateTime timestamp => timestamp.ToString(TimestampFormats[0], culture),
            DateTimeOffset utc => utc.UtcDateTime.ToString(TimestampFormats[0], culture) + "Z",
            _ => number.ToString(culture),
        };
    }

    private static byte[]? ParseHex(DataType type, string text)
    {
        if (text.Length % 2 != 0 || (type.Kind == TypeKind.FixedBinary && text.Length != type.Length * 2))
            return null;
        var bytes = new byte[text.Length / 2];
        return Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done ? bytes : null;
    }

    // An overflowing number such as 1e999 also reads as infinity; only the word means it.
    private static bool IsInfinity(string text) => text.Contains("inf", StringComparison.OrdinalIgnoreCase) || text.Contains('∞', StringComparison.Ordinal);

    private static GridException Refuse(DataType type, string text)
    {
        var shown = text.Length <= 100 ? text : text[..100] + "...";
        return new GridException(GridErrorCode.InvalidArgument, $"'{shown}' is not a value of {type}; write {Example(type)}.");
    }

    private static string Example(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => "true or false",
        TypeKind.Int8 => "a whole number from -128 to 127",
        TypeKind.Int16 => "a whole number from -32768 to 32767",
        TypeKind.Int32 => "a whole number from -2147483648 to 2147483647",
        TypeKind.Int64 => "a whole number from -9223372036854775808 to 9223372036854775807",
        TypeKind.Float32 or TypeKind.Float64 => "a number such as 1.5, -2E10, NaN or -Infinity",
        TypeKind.Decimal => $"a number such as 12.5, at most {type.Precision} digits of which {type.Scale} after the point",
        TypeKind.String => "Unicode text (no lone surrogates)",
        TypeKind.Binary => "bytes as hex such as 00ff",
        TypeKind.FixedBinary => $"exactly {type.Length} bytes as {type.Length * 2} hex digits",
        TypeKind.Date => "a day such as 2001-01-31",
        TypeKind.Time => "a time such as 13:45:00.000001, not finer than a microsecond",
        TypeKind.Timestamp => "a timestamp such as 2001-01-31T13:45:00.5, without zone, not finer than a microsecond",
        TypeKind.TimestampUtc => "a timestamp such as 2001-01-31T13:45:00.5Z, not finer than a microsecond",
        TypeKind.Uuid => "a UUID such as f79c3e09-677c-4bbd-a479-3f349cb785e7",
        _ => "scalar values only: lists, structs and maps have no text form",
    };
}
