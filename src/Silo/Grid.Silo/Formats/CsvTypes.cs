using System.Globalization;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Finds the type of a CSV column by looking at all of its values: the first of boolean, int64, float64, date, timestamp, string that reads every one.</summary>
internal sealed class CsvTypes
{
    private static readonly DataType[] Candidates =
        [DataType.Boolean, DataType.Int64, DataType.Float64, DataType.Date, DataType.Timestamp, DataType.TimestampUtc, DataType.String];

    private int _candidate;
    private bool _seen;

    /// <summary>The type so far; text where there was no value at all.</summary>
    public DataType Type => _seen ? Candidates[_candidate] : DataType.String;

    public void See(ReadOnlySpan<char> value)
    {
        // Only a value that the present type can't read starts the search over from the next one: types are ordered so that none before it can
        // read what was refused, and what an earlier type read must be read by the later one, too; numbers then dates can't, and end as text.
        if (_seen && Reads(Candidates[_candidate], value))
            return;
        var first = !_seen;
        _seen = true;
        if (first)
        {
            while (!Reads(Candidates[_candidate], value))
                _candidate++;
            return;
        }

        _candidate = Candidates[_candidate].Kind switch
        {
            TypeKind.Int64 when Reads(DataType.Float64, value) => 2,
            TypeKind.Date when Reads(DataType.Timestamp, value) => 4,
            _ => Candidates.Length - 1,
        };
    }

    private static bool Reads(DataType type, ReadOnlySpan<char> value) => type.Kind switch
    {
        TypeKind.Boolean => value.Equals("true", StringComparison.OrdinalIgnoreCase) || value.Equals("false", StringComparison.OrdinalIgnoreCase),
        TypeKind.Int64 => !HasLeadingZero(value) && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        TypeKind.Float64 => !HasLeadingZero(value) && IsNumber(value),
        TypeKind.Date => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        TypeKind.Timestamp or TypeKind.TimestampUtc => IsTimestamp(type, value),
        _ => true,
    };

    // 007 and 00501 are codes, not numbers: what is read must be written the same.
    private static bool HasLeadingZero(ReadOnlySpan<char> value)
    {
        var digits = value.TrimStart('-').TrimStart('+');
        return digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
    }

    // Not NaN, Infinity or 1e999: columns of words stay words.
    private static bool IsNumber(ReadOnlySpan<char> value) =>
        double.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number);

    private static bool IsTimestamp(DataType type, ReadOnlySpan<char> value)
    {
        // A cheap look at the shape before the exact reader, which answers by exception.
        if (value.Length is < 10 or > 35 || value[4] != '-' || !char.IsAsciiDigit(value[0]))
            return false;
        try
        {
            ValueText.Parse(type, value.ToString());
            return true;
        }
        catch (GridException)
        {
            return false;
        }
    }
}
