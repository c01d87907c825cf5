using System.Globalization;
using System.Numerics;
using System.Text;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Parquet;

/// <summary>A leaf column that has one value a row, with its values, and what metrics say of them when counted value by value.</summary>
internal sealed record NaiveMetrics(int Id, DataType Type, object?[] Values)
{
    public long Nulls => Values.LongCount(value => value is null);

    public long Nans => Values.LongCount(IsNan);

    public bool IsFloat => Type.Kind is TypeKind.Float32 or TypeKind.Float64;

    /// <summary>Values that bounds are about, in the single-value form but not cut.</summary>
    public byte[][] Bounded => [.. Values.Where(value => value is not null && !IsNan(value)).Select(value => Encode(value!))];

    public static IEnumerable<NaiveMetrics> Of(TableSchema schema, object?[][] rows) =>
        schema.Columns.SelectMany((column, i) => Of(column, [.. rows.Select(row => row[i])]));

    /// <summary>Orders encoded values by what they mean, not by what the code under test does.</summary>
    public int Compare(byte[] left, byte[] right) => Type.Kind switch
    {
        TypeKind.Boolean or TypeKind.String or TypeKind.Binary or TypeKind.FixedBinary or TypeKind.Uuid =>
            string.CompareOrdinal(Convert.ToHexString(left), Convert.ToHexString(right)),
        TypeKind.Float32 => BitConverter.ToSingle(left).CompareTo(BitConverter.ToSingle(right)),
        TypeKind.Float64 => BitConverter.ToDouble(left).CompareTo(BitConverter.ToDouble(right)),
        TypeKind.Decimal => new BigInteger(left, isBigEndian: true).CompareTo(new BigInteger(right, isBigEndian: true)),
        _ => new BigInteger(left).CompareTo(new BigInteger(right)), // little endian, two's complement
    };

    private static IEnumerable<NaiveMetrics> Of(Column column, object?[] values) => column.Type.Kind switch
    {
        TypeKind.List or TypeKind.Map => [],
        TypeKind.Struct => column.Type.Children.SelectMany((child, i) => Of(child, [.. values.Select(value => (value as object?[])?[i])])),
        _ => [new NaiveMetrics(column.Id.Value, column.Type, values)],
    };

    private static bool IsNan(object? value) => value is float.NaN or double.NaN;

    private byte[] Encode(object value) => value switch
    {
        bool b => [b ? (byte)1 : (byte)0],
        sbyte or short or int => BitConverter.GetBytes(Convert.ToInt32(value, CultureInfo.InvariantCulture)),
        long number => BitConverter.GetBytes(number),
        float number => BitConverter.GetBytes(number),
        double number => BitConverter.GetBytes(number),
        string text => Encoding.UTF8.GetBytes(text),
        byte[] bytes => bytes,
        DateOnly date => BitConverter.GetBytes(date.DayNumber - new DateOnly(1970, 1, 1).DayNumber),
        TimeOnly time => BitConverter.GetBytes(time.Ticks / 10),
        DateTime time => BitConverter.GetBytes((time.Ticks - DateTime.UnixEpoch.Ticks) / 10),
        DateTimeOffset time => BitConverter.GetBytes((time.UtcTicks - DateTime.UnixEpoch.Ticks) / 10),
        Guid uuid => uuid.ToByteArray(bigEndian: true),
        _ => BigInteger.Parse(ValueText.Format(Type, value).Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture).ToByteArray(isBigEndian: true),
    };
}
