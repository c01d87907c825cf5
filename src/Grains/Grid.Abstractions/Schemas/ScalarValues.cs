using System.Text;

namespace Grid.Abstractions;

/// <summary>
/// Between .NET values of scalar types (see <see cref="ValueText"/>) and what columns store: whole numbers for booleans, integers, dates, times and
/// timestamps; units for decimals; bytes for text, binary and uuid. Nothing is rounded; what does not fit is refused.
/// </summary>
internal static class ScalarValues
{
    private const long MicrosecondsOfDay = 24L * 60 * 60 * 1_000_000;
    private static readonly int DayZero = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>UTF-8 that refuses what is not Unicode, instead of replacing it.</summary>
    public static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether <see cref="TryGetInteger"/> serves the kind.</summary>
    public static bool IsInteger(TypeKind kind) =>
        kind is TypeKind.Boolean or TypeKind.Int8 or TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Date or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc;

    /// <summary>The stored number of a boolean (0, 1), integer, date (days), time or timestamp (microseconds).</summary>
    public static bool TryGetInteger(TypeKind kind, object value, out long number)
    {
        long ticks;
        (var legal, number, ticks) = (kind, value) switch
        {
            (TypeKind.Boolean, bool b) => (true, b ? 1L : 0L, 0L),
            (TypeKind.Int8, sbyte n) => (true, n, 0),
            (TypeKind.Int16, short n) => (true, n, 0),
            (TypeKind.Int32, int n) => (true, n, 0),
            (TypeKind.Int64, long n) => (true, n, 0),
            (TypeKind.Date, DateOnly d) => (true, d.DayNumber - DayZero, 0),
            (TypeKind.Time, TimeOnly t) => (true, t.Ticks / TimeSpan.TicksPerMicrosecond, t.Ticks),
            (TypeKind.Timestamp, DateTime { Kind: not DateTimeKind.Local } t) => (true, Microseconds(t.Ticks), t.Ticks),
            (TypeKind.TimestampUtc, DateTimeOffset t) => (true, Microseconds(t.UtcTicks), t.UtcTicks),
            _ => (false, 0, 0),
        };
        return legal && ticks % TimeSpan.TicksPerMicrosecond == 0;
    }

    /// <summary>The .NET value of a stored number; null where .NET's type does not reach that far.</summary>
    public static object? FromInteger(TypeKind kind, long number) => kind switch
    {
        TypeKind.Boolean when number is 0 or 1 => number == 1,
        TypeKind.Int8 when (sbyte)number == number => (sbyte)number,
        TypeKind.Int16 when (short)number == number => (short)number,
        TypeKind.Int32 when (int)number == number => (int)number,
        TypeKind.Int64 => number,
        TypeKind.Date when number >= -DayZero && number <= DateOnly.MaxValue.DayNumber - DayZero => DateOnly.FromDayNumber((int)number + DayZero),
        TypeKind.Time when number is >= 0 and < MicrosecondsOfDay => new TimeOnly(number * TimeSpan.TicksPerMicrosecond),
        TypeKind.Timestamp when IsTimestamp(number) => new DateTime(Ticks(number), DateTimeKind.Unspecified),
        TypeKind.TimestampUtc when IsTimestamp(number) => new DateTimeOffset(Ticks(number), TimeSpan.Zero),
        _ => null,
    };

    /// <summary>The stored bytes of text, binary, fixed binary or uuid; null for another .NET type, a wrong length or text that is not Unicode.</summary>
    public static byte[]? TryGetBytes(DataType type, object value)
    {
        switch (type.Kind, value)
        {
            case (TypeKind.String, string text):
                return IsUnicode(text) ? Utf8.GetBytes(text) : null;
            case (TypeKind.Binary, byte[] bytes):
                return bytes;
            case (TypeKind.FixedBinary, byte[] bytes):
                return bytes.Length == type.Length ? bytes : null;
            case (TypeKind.Uuid, Guid uuid):
                return uuid.ToByteArray(bigEndian: true);
            default:
                return null;
        }
    }

    /// <summary>The .NET value of stored bytes; null for a wrong length or text that is not UTF-8.</summary>
    public static object? FromBytes(DataType type, ReadOnlySpan<byte> bytes) => type.Kind switch
    {
        TypeKind.String => System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null,
        TypeKind.Binary => bytes.ToArray(),
        TypeKind.FixedBinary => bytes.Length == type.Length ? bytes.ToArray() : null,
        TypeKind.Uuid => bytes.Length == 16 ? new Guid(bytes, bigEndian: true) : null,
        _ => null,
    };

    /// <summary>Whether text has no lone surrogates.</summary>
    public static bool IsUnicode(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOfAnyInRange('\ud800', '\udfff'); at >= 0 && at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at]))
                continue;
            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
                return false;
            at++;
        }

        return true;
    }

    private static long Microseconds(long ticks) => (ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static long Ticks(long microseconds) => DateTime.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond);

    private static bool IsTimestamp(long microseconds) =>
        microseconds >= -DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond
        && microseconds <= (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
