using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Values of arrays as text, in the form that <see cref="ValueText"/> reads; nested values as JSON.</summary>
internal static class CellText
{
    private static readonly DateOnly Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch);

    /// <summary>The text of a value; null for null.</summary>
    public static string? Of(DataType type, IArrowArray array, int row)
    {
        if (array.IsNull(row))
            return null;
        return array switch
        {
            StringArray text => text.GetString(row),
            Int64Array integers when type.Kind == TypeKind.Int64 => integers.Values[row].ToString(CultureInfo.InvariantCulture),
            Int32Array integers when type.Kind == TypeKind.Int32 => integers.Values[row].ToString(CultureInfo.InvariantCulture),
            _ when type.IsNested => Nested(type, array, row),
            _ => Scalar(type, array, row),
        };
    }

    private static string Scalar(DataType type, IArrowArray array, int row)
    {
        try
        {
            return ValueText.Format(type, Value(type, array, row));
        }
        catch (ArgumentOutOfRangeException)
        {
            // A timestamp outside the years that .NET knows: better its number than no row at all.
            return array switch
            {
                Date32Array days => days.Values[row].ToString(CultureInfo.InvariantCulture) + " days",
                PrimitiveArray<long> micros => micros.Values[row].ToString(CultureInfo.InvariantCulture) + " us",
                _ => throw new InvalidDataException($"A value of type {type} is outside its range."),
            };
        }
    }

    /// <summary>A scalar that is not null, as the .NET type of <see cref="ValueText"/>.</summary>
    public static object Value(DataType type, IArrowArray array, int row) => array switch
    {
        BooleanArray v => v.GetValue(row)!.Value,
        Int8Array v => v.Values[row],
        Int16Array v => v.Values[row],
        Int32Array v => v.Values[row],
        Int64Array v => v.Values[row],
        FloatArray v => v.Values[row],
        DoubleArray v => v.Values[row],
        Decimal128Array v => type.Precision > 28 ? v.GetSqlDecimal(row)!.Value : v.GetValue(row)!.Value,
        StringArray v => v.GetString(row),
        BinaryArray v => v.GetBytes(row).ToArray(),
        FixedSizeBinaryArray v => type.Kind == TypeKind.Uuid ? new Guid(v.GetBytes(row), bigEndian: true) : v.GetBytes(row).ToArray(),
        Date32Array v => Epoch.AddDays(v.Values[row]),
        Time64Array v => new TimeOnly(v.Values[row] * TimeSpan.TicksPerMicrosecond),
        TimestampArray v when type.Kind == TypeKind.TimestampUtc => new DateTimeOffset(DateTime.UnixEpoch.AddTicks(Ticks(v.Values[row]))),
        TimestampArray v => new DateTime(DateTime.UnixEpoch.AddTicks(Ticks(v.Values[row])).Ticks),
        _ => throw new InvalidOperationException($"An {array.GetType().Name} is not how Grid holds {type}."),
    };

    private static string Nested(DataType type, IArrowArray array, int row)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
            CellJson.Write(json, type, array, row);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    // Saturates instead of wrapping around; AddTicks then refuses what no year has.
    private static long Ticks(long microseconds) => (long)Int128.Clamp((Int128)microseconds * TimeSpan.TicksPerMicrosecond, long.MinValue, long.MaxValue);
}
