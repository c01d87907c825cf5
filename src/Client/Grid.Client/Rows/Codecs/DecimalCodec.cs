using System.Data.SqlTypes;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>Decimals of a fixed scale: 128-bit integers, little endian. Exact or refused.</summary>
internal sealed class DecimalCodec(string column, DataType type) : ColumnCodec<decimal>
{
    public override void Write(ColumnBuffer buffer, decimal[] values, int count, bool[]? present)
    {
        var stored = MemoryMarshal.Cast<byte, Int128>(((FixedBuffer)buffer).Extend(count));
        for (var i = 0; i < count; i++)
        {
            stored[i] = default;
            if ((present is null || present[i]) && !DecimalValues.TryFrom(values[i], type.Precision, type.Scale, out stored[i]))
                throw SqlDecimalCodec.Refused(column, type, values[i]);
        }

        buffer.AppendPresence(present, count);
    }

    public override void Read(ArrayData data, int start, decimal[] values, int count, bool[]? present)
    {
        Presence.Require(data, start, count, present, column);
        var stored = MemoryMarshal.Cast<byte, Int128>(data.Buffers[1].Span).Slice(data.Offset + start, count);
        for (var i = 0; i < count; i++)
            if ((present is null || present[i]) && !DecimalValues.TryToDecimal(stored[i], type.Scale, out values[i]))
                throw new GridException(GridErrorCode.InvalidArgument, $"Column '{column}' has a {type} with more digits than System.Decimal holds; make the property a SqlDecimal.");
    }
}

/// <summary>Decimals of up to 38 digits.</summary>
internal sealed class SqlDecimalCodec(string column, DataType type) : ColumnCodec<SqlDecimal>
{
    public override void Write(ColumnBuffer buffer, SqlDecimal[] values, int count, bool[]? present)
    {
        var stored = MemoryMarshal.Cast<byte, Int128>(((FixedBuffer)buffer).Extend(count));
        for (var i = 0; i < count; i++)
        {
            stored[i] = default;
            if ((present is null || present[i]) && !DecimalValues.TryFrom(values[i], type.Precision, type.Scale, out stored[i]))
                throw values[i].IsNull ? Presence.NullWritten(column) : Refused(column, type, values[i]);
        }

        buffer.AppendPresence(present, count);
    }

    public override void Read(ArrayData data, int start, SqlDecimal[] values, int count, bool[]? present)
    {
        Presence.Require(data, start, count, present, column);
        var stored = MemoryMarshal.Cast<byte, Int128>(data.Buffers[1].Span).Slice(data.Offset + start, count);
        for (var i = 0; i < count; i++)
        {
            if (present is not null && !present[i])
                continue;
            values[i] = DecimalValues.Fits(stored[i], type.Precision)
                ? DecimalValues.ToSqlDecimal(stored[i], type.Precision, type.Scale)
                : throw new GridException(GridErrorCode.Corrupt, $"Column '{column}' is a {type} and has a value of more digits; read it again.");
        }
    }

    public static GridException Refused(string column, DataType type, IFormattable value) => Refused(column, type, value.ToString(null, System.Globalization.CultureInfo.InvariantCulture));

    private static GridException Refused(string column, DataType type, SqlDecimal value) => Refused(column, type, value.ToString());

    private static GridException Refused(string column, DataType type, string value) =>
        new(GridErrorCode.InvalidArgument, $"Column '{column}' is a {type} and cannot hold {value} exactly; round it, or widen the column.");
}
