using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Partitions;

/// <summary>
/// The spans of time of automatic partitions, and the values that stand for them: the beginning of the span, as a date or a timestamp of the partition column's type, or as a text cut behind the unit, whose order
/// is that of time. UTC throughout. Pure.
/// </summary>
internal sealed class PartitionCalendar
{
    private const int MonthsOfQuarter = 3;
    private readonly PartitionUnit _unit;
    private readonly DataType _type;

    /// <summary>Made for a unit and a type that fit, see <see cref="Fits"/>.</summary>
    public PartitionCalendar(PartitionUnit unit, DataType type)
    {
        _unit = unit;
        _type = type;
    }

    /// <summary>What values of the unit look like in the column.</summary>
    public string Example => FormatOf(new DateTime(2026, 10, 1, 0, 0, 0, DateTimeKind.Utc));

    /// <summary>Whether a column of the type can hold the unit's spans.</summary>
    public static bool Fits(PartitionUnit unit, DataType type) =>
        type.Kind is TypeKind.String or TypeKind.Timestamp or TypeKind.TimestampUtc || (type.Kind == TypeKind.Date && unit != PartitionUnit.Hour);

    /// <summary>The calendar of a table with automatic partitions; null: its partitions are not automatic.</summary>
    public static PartitionCalendar? Of(TableInfo table) =>
        table.Options.Partitions.Unit == PartitionUnit.None || !table.IsPartitioned ? null : new(table.Options.Partitions.Unit, table.Schema.GetColumn(table.Schema.PartitionKey[0]).Type);

    /// <summary>The beginning of the span that a moment lies in.</summary>
    public DateTime Floor(DateTime moment) => _unit switch
    {
        PartitionUnit.Hour => Utc(moment.Year, moment.Month, moment.Day, moment.Hour),
        PartitionUnit.Day => Utc(moment.Year, moment.Month, moment.Day),
        PartitionUnit.Month => Utc(moment.Year, moment.Month),
        PartitionUnit.Quarter => Utc(moment.Year, ((moment.Month - 1) / MonthsOfQuarter * MonthsOfQuarter) + 1),
        _ => Utc(moment.Year),
    };

    /// <summary>The beginning of the span so many later, or earlier; null: outside the years 1 to 9999.</summary>
    public DateTime? Add(DateTime start, int spans)
    {
        try
        {
            return _unit switch
            {
                PartitionUnit.Hour => start.AddHours(spans),
                PartitionUnit.Day => start.AddDays(spans),
                PartitionUnit.Month => start.AddMonths(spans),
                PartitionUnit.Quarter => start.AddMonths(checked(spans * MonthsOfQuarter)),
                _ => start.AddYears(spans),
            };
        }
        catch (Exception failure) when (failure is ArgumentOutOfRangeException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>The beginning of the span that a value stands for; null: it stands for none.</summary>
    /// <param name="value">The partition's value in its one text form.</param>
    public DateTime? StartOf(string value)
    {
        DateTime? start = _type.Kind switch
        {
            TypeKind.String => Parse(value),
            TypeKind.Date => ((DateOnly)ValueText.Parse(_type, value)).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc),
            TypeKind.Timestamp => DateTime.SpecifyKind((DateTime)ValueText.Parse(_type, value), DateTimeKind.Utc),
            _ => ((DateTimeOffset)ValueText.Parse(_type, value)).UtcDateTime,
        };
        return start is { } moment && Floor(moment) == moment && FormatOf(moment) == value ? moment : null;
    }

    /// <summary>The value of the span that begins then.</summary>
    public string FormatOf(DateTime start)
    {
        var culture = CultureInfo.InvariantCulture;
        return _type.Kind switch
        {
            TypeKind.Date => ValueText.Format(_type, DateOnly.FromDateTime(start)),
            TypeKind.Timestamp => ValueText.Format(_type, DateTime.SpecifyKind(start, DateTimeKind.Unspecified)),
            TypeKind.TimestampUtc => ValueText.Format(_type, new DateTimeOffset(start, TimeSpan.Zero)),
            _ => _unit switch
            {
                PartitionUnit.Hour => start.ToString("yyyy-MM-ddTHH", culture),
                PartitionUnit.Day => start.ToString("yyyy-MM-dd", culture),
                PartitionUnit.Month => start.ToString("yyyy-MM", culture),
                PartitionUnit.Quarter => string.Create(culture, $"{start:yyyy}-Q{((start.Month - 1) / MonthsOfQuarter) + 1}"),
                _ => start.ToString("yyyy", culture),
            },
        };
    }

    private DateTime? Parse(string text)
    {
        const DateTimeStyles Style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (_unit == PartitionUnit.Quarter)
        {
            // yyyy-Qn
            return text.Length == 7 && text[4..6] == "-Q" && text[6] is >= '1' and <= '4' && int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year) && year > 0
                ? Utc(year, ((text[6] - '1') * MonthsOfQuarter) + 1)
                : null;
        }

        var format = _unit switch
        {
            PartitionUnit.Hour => "yyyy-MM-ddTHH",
            PartitionUnit.Day => "yyyy-MM-dd",
            PartitionUnit.Month => "yyyy-MM",
            _ => "yyyy",
        };
        return DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, Style, out var start) ? start : null;
    }

    private static DateTime Utc(int year, int month = 1, int day = 1, int hour = 0) => new(year, month, day, hour, 0, 0, DateTimeKind.Utc);
}
