using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Text forms of values in Arrow arrays that Grid's tables don't have, for casts.</summary>
internal static class ForeignText
{
    /// <summary>The text of a value; null for null.</summary>
    public static string? Of(IArrowArray array, int row)
    {
        if (array.IsNull(row))
            return null;
        return array switch
        {
            DictionaryArray a => Of(a.Dictionary, Index(a.Indices, row)),
            LargeStringArray a => a.GetString(row),
            StringViewArray a => a.GetString(row),
            LargeBinaryArray a => Convert.ToHexStringLower(a.GetBytes(row)),
            BinaryViewArray a => Convert.ToHexStringLower(a.GetBytes(row)),
            HalfFloatArray a => ValueText.Format(DataType.Float32, (float)a.Values[row]),
            Date64Array a => ValueText.Format(DataType.Date, a.GetDateOnly(row)!.Value),
            UInt8Array a => Number(a.Values[row]),
            UInt16Array a => Number(a.Values[row]),
            UInt32Array a => Number(a.Values[row]),
            UInt64Array a => Number(a.Values[row]),
            Decimal256Array a => a.GetString(row),
            TimestampArray a => Timestamp(a, row),
            _ => CellText.Of(Own(array), array, row),
        };
    }

    private static string Timestamp(TimestampArray array, int row)
    {
        var type = (TimestampType)array.Data.DataType;
        var value = array.GetTimestamp(row)!.Value;
        return string.IsNullOrEmpty(type.Timezone) ? ValueText.Format(DataType.Timestamp, new DateTime(value.Ticks)) : ValueText.Format(DataType.TimestampUtc, value);
    }

    private static DataType Own(IArrowArray array) =>
        ArrowSchemas.FromArrow(new Schema([new Field("value", array.Data.DataType, nullable: true)], null))[0].Type;

    private static int Index(IArrowArray indices, int row) => int.Parse(Of(indices, row)!, System.Globalization.CultureInfo.InvariantCulture);

    private static string Number<T>(T value)
        where T : IFormattable => value.ToString(null, System.Globalization.CultureInfo.InvariantCulture);
}
