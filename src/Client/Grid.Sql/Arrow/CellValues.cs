using Apache.Arrow;
using Apache.Arrow.Arrays;
using Apache.Arrow.Types;

namespace Grid.Sql.Arrow;

/// <summary>Values of Arrow arrays as .NET objects.</summary>
internal static class CellValues
{
    private static readonly DateOnly Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch);

    /// <summary>A row of a batch.</summary>
    public static object?[] Of(RecordBatch batch, int row)
    {
        var values = new object?[batch.ColumnCount];
        for (var i = 0; i < values.Length; i++)
            values[i] = Of(batch.Column(i), row, batch.Schema.FieldsList[i]);
        return values;
    }

    private static object? Of(IArrowArray array, int row, Field? field) => array.IsNull(row) ? null : array switch
    {
        BooleanArray v => v.GetValue(row),
        Int8Array v => v.Values[row],
        Int16Array v => v.Values[row],
        Int32Array v => v.Values[row],
        Int64Array v => v.Values[row],
        UInt8Array v => v.Values[row],
        UInt16Array v => v.Values[row],
        UInt32Array v => v.Values[row],
        UInt64Array v => v.Values[row],
        FloatArray v => v.Values[row],
        DoubleArray v => v.Values[row],
        Decimal128Array v => ((Decimal128Type)v.Data.DataType).Precision > 28 ? v.GetSqlDecimal(row) : v.GetValue(row),
        StringArray v => v.GetString(row),
        BinaryArray v => v.GetBytes(row).ToArray(),
        FixedSizeBinaryArray v when v.GetBytes(row).Length == 16 && field?.Metadata?.ContainsKey("ARROW:extension:name") == true => new Guid(v.GetBytes(row), bigEndian: true),
        FixedSizeBinaryArray v => v.GetBytes(row).ToArray(),
        Date32Array v => Epoch.AddDays(v.Values[row]),
        Time64Array v => new TimeOnly(v.Values[row] * TimeSpan.TicksPerMicrosecond),
        TimestampArray v when ((TimestampType)v.Data.DataType).Timezone is null => DateTime.UnixEpoch.AddTicks(Ticks(v, row)) is var time ? new DateTime(time.Ticks) : null,
        TimestampArray v => new DateTimeOffset(DateTime.UnixEpoch.AddTicks(Ticks(v, row))),
        MapArray v => (KeyValuePair<object, object?>[])[.. Enumerable.Range(v.ValueOffsets[row], v.ValueOffsets[row + 1] - v.ValueOffsets[row])
            .Select(i => KeyValuePair.Create(Of(v.Keys, i, ((MapType)v.Data.DataType).KeyField)!, Of(v.Values, i, ((MapType)v.Data.DataType).ValueField)))],
        ListArray v => (object?[])[.. Enumerable.Range(v.ValueOffsets[row], v.ValueOffsets[row + 1] - v.ValueOffsets[row]).Select(i => Of(v.Values, i, ((ListType)v.Data.DataType).ValueField))],
        StructArray v => ((StructType)v.Data.DataType).Fields.Select((child, i) => KeyValuePair.Create(child.Name, Of(v.Fields[i], row, child))).ToDictionary(),
        _ => array.ToString(),
    };

    private static long Ticks(TimestampArray array, int row) => ((TimestampType)array.Data.DataType).Unit switch
    {
        TimeUnit.Second => array.Values[row] * TimeSpan.TicksPerSecond,
        TimeUnit.Millisecond => array.Values[row] * TimeSpan.TicksPerMillisecond,
        TimeUnit.Microsecond => array.Values[row] * TimeSpan.TicksPerMicrosecond,
        _ => array.Values[row] / 100,
    };
}
