using System.Data.SqlTypes;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>Decimals of a fixed scale: 128-bit integers, little endian. Exact or refused.</summary>
internal sealed class DecimalCodec(string column, DataType type) : ColumnCodec<decimal>
{
    private readonly Int128 _limit = DecimalPowers.Of(type.Precision);

    public override void Write(ColumnBuffer buffer, decimal[] values, int count, bool[]? present)
    {
        var stored = MemoryMarshal.Cast<byte, Int128>(((FixedBuffer)buffer).Extend(count));
        for (var i = 0; i < count; i++)
            stored[i] = present is null || present[i] ? ToStored(values[i]) : default;
        buffer.AppendPresence(present, count);
    }

    public override void Read(ArrayData data, int start, decimal[] values, int count, bool[]? present)
    {
        Presence.Require(data, start, count, present, column);
        var stored = MemoryMarshal.Cast<byte, Int128>(data.Buffers[1].Span).Slice(data.Offset + start, count);
        for (var i = 0; i < count; i++)
            if (present is null || present[i])
                values[i] = FromStored(stored[i]);
    }

    private Int128 ToStored(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var digits = ((Int128)(uint)parts[2] << 64) | ((Int128)(uint)parts[1] << 32) | (uint)parts[0];
        var shift = type.Scale - ((parts[3] >> 16) & 0xFF);
        if (shift < 0)
        {
            var (quotient, remainder) = Int128.DivRem(digits, DecimalPowers.Of(-shift));
            if (remainder != 0)
                throw Refused(value);
            digits = quotient;
        }
        else if (digits != 0)
        {
            // Checked before the product, which could wrap: a limit of 10^38 leaves room for one more factor of ten only.
            if (shift > DecimalPowers.Most || digits > (_limit - 1) / DecimalPowers.Of(shift))
                throw Refused(value);
            digits *= DecimalPowers.Of(shift);
        }

        if (digits >= _limit)
            throw Refused(value);
        return parts[3] < 0 ? -digits : digits;
    }

    private decimal FromStored(Int128 stored)
    {
        var scale = type.Scale;
        var digits = Int128.Abs(stored);
        while ((scale > 28 || digits >> 96 != 0) && scale > 0)
        {
            var (quotient, remainder) = Int128.DivRem(digits, 10);
            if (remainder != 0)
                break;
            digits = quotient;
            scale--;
        }

        if (scale > 28 || digits >> 96 != 0)
            throw new GridException(GridErrorCode.InvalidArgument, $"Column '{column}' has a {type} with more digits than System.Decimal holds; make the property a SqlDecimal.");
        return new decimal((int)(uint)(digits & uint.MaxValue), (int)(uint)((digits >> 32) & uint.MaxValue), (int)(uint)(digits >> 64), stored < 0, (byte)scale);
    }

    private GridException Refused(decimal value) =>
        new(GridErrorCode.InvalidArgument, $"Column '{column}' is a {type} and cannot hold {value.ToString(System.Globalization.CultureInfo.InvariantCulture)} exactly; round it, or widen the column.");
}

/// <summary>Decimals of up to 38 digits.</summary>
internal sealed class SqlDecimalCodec(string column, DataType type) : ColumnCodec<SqlDecimal>
{
    public override void Write(ColumnBuffer buffer, SqlDecimal[] values, int count, bool[]? present)
    {
        var stored = MemoryMarshal.Cast<byte, Int128>(((FixedBuffer)buffer).Extend(count));
        for (var i = 0; i < count; i++)
            stored[i] = present is null || present[i] ? ToStored(values[i]) : default;
        buffer.AppendPresence(present, count);
    }

    public override void Read(ArrayData data, int start, SqlDecimal[] values, int count, bool[]? present)
    {
        Presence.Require(data, start, count, present, column);
        var stored = MemoryMarshal.Cast<byte, Int128>(data.Buffers[1].Span).Slice(data.Offset + start, count);
        for (var i = 0; i < count; i++)
            if (present is null || present[i])
                values[i] = FromStored(stored[i]);
    }

    private Int128 ToStored(SqlDecimal value)
    {
        if (value.IsNull)
            throw Presence.NullWritten(column);
        SqlDecimal exact;
        try
        {
            exact = SqlDecimal.AdjustScale(value, type.Scale - value.Scale, fRound: false);
        }
        catch (SqlTypeException)
        {
            throw Refused(value);
        }

        if (SqlDecimal.AdjustScale(exact, value.Scale - type.Scale, fRound: false) != value)
            throw Refused(value);
        var parts = exact.Data;
        var digits = ((Int128)(uint)parts[3] << 96) | ((Int128)(uint)parts[2] << 64) | ((Int128)(uint)parts[1] << 32) | (uint)parts[0];
        if (digits >= DecimalPowers.Of(type.Precision))
            throw Refused(value);
        return exact.IsPositive ? digits : -digits;
    }

    private SqlDecimal FromStored(Int128 stored)
    {
        var digits = Int128.Abs(stored);
        return new SqlDecimal((byte)type.Precision, (byte)type.Scale, stored >= 0,
            (int)(uint)(digits & uint.MaxValue), (int)(uint)((digits >> 32) & uint.MaxValue), (int)(uint)((digits >> 64) & uint.MaxValue), (int)(uint)(digits >> 96));
    }

    private GridException Refused(SqlDecimal value) =>
        new(GridErrorCode.InvalidArgument, $"Column '{column}' is a {type} and cannot hold {value} exactly; round it, or widen the column.");
}

/// <summary>Powers of ten.</summary>
internal static class DecimalPowers
{
    public const int Most = DataType.DecimalPrecisionMax;

    private static readonly Int128[] Powers = Make();

    public static Int128 Of(int exponent) => Powers[exponent];

    private static Int128[] Make()
    {
        var powers = new Int128[Most + 1];
        powers[0] = 1;
        for (var i = 1; i < powers.Length; i++)
            powers[i] = powers[i - 1] * 10;
        return powers;
    }
}
