using System.Buffers.Binary;
using System.Data.SqlTypes;
using System.Globalization;

namespace Grid.Abstractions;

/// <summary>
/// Decimals of up to 38 digits as whole numbers of units of 10^-scale. Int128 holds them all: 10^38 - 1 &lt; 2^127. Nothing here rounds; what does not
/// fit a type's precision and scale exactly is refused.
/// </summary>
internal static class DecimalValues
{
    /// <summary>Most digits that <see cref="decimal"/> surely holds: 10^28 &lt; 2^96.</summary>
    public const int NetPrecisionMax = 28;

    private static readonly Int128[] Powers = MakePowers();

    /// <summary>10^<paramref name="exponent"/>, 0 to 38.</summary>
    public static Int128 Power(int exponent) => Powers[exponent];

    /// <summary>Whether a number of units has at most <paramref name="precision"/> digits.</summary>
    public static bool Fits(Int128 units, int precision) => units < Powers[precision] && units > -Powers[precision];

    /// <summary>A number's shortest two's complement, big endian: a leading byte that says nothing the next one's sign bit does not is left out.</summary>
    /// <param name="units">The number.</param>
    /// <param name="room">Where it is written: 16 bytes.</param>
    /// <returns>The bytes, at the end of <paramref name="room"/>.</returns>
    public static ReadOnlySpan<byte> Shortest(Int128 units, Span<byte> room)
    {
        BinaryPrimitives.WriteInt128BigEndian(room, units);
        var first = 0;
        var fill = units < 0 ? (byte)0xff : (byte)0;
        while (first < room.Length - 1 && room[first] == fill && (room[first + 1] & 0x80) == (fill & 0x80))
            first++;
        return room[first..];
    }

    /// <summary>Reads <c>[+-]digits[.digits]</c>; digits after the scale must be zeros.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, int precision, int scale, out Int128 units)
    {
        units = 0;
        var negative = !text.IsEmpty && text[0] == '-';
        if (!text.IsEmpty && text[0] is '-' or '+')
            text = text[1..];
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? default : text[(point + 1)..];
        if (whole.IsEmpty && fraction.IsEmpty)
            return false;

        Int128 sum = 0;
        foreach (var character in whole)
            if (!TryAddDigit(ref sum, character, precision))
                return false;
        for (var i = 0; i < Math.Max(scale, fraction.Length); i++)
        {
            var digit = i < fraction.Length ? fraction[i] : '0';
            if (i < scale ? !TryAddDigit(ref sum, digit, precision) : digit != '0')
                return false;
        }

        units = negative ? -sum : sum;
        return true;
    }

    /// <summary>Writes a decimal with exactly <paramref name="scale"/> digits after the point.</summary>
    public static string Format(Int128 units, int scale)
    {
        var digits = Int128.Abs(units).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var sign = units < 0 ? "-" : "";
        return scale == 0 ? sign + digits : $"{sign}{digits.AsSpan(0, digits.Length - scale)}.{digits.AsSpan(digits.Length - scale)}";
    }

    /// <summary>Units of a <see cref="decimal"/> or <see cref="SqlDecimal"/>; false for other types and for values that do not fit exactly.</summary>
    public static bool TryFromObject(object value, int precision, int scale, out Int128 units)
    {
        units = 0;
        return value switch
        {
            decimal number => TryFrom(number, precision, scale, out units),
            SqlDecimal number => TryFrom(number, precision, scale, out units),
            _ => false,
        };
    }

    /// <summary>Units of a value; false where it does not fit exactly.</summary>
    public static bool TryFrom(decimal value, int precision, int scale, out Int128 units)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var mantissa = ((Int128)(uint)bits[2] << 64) | ((Int128)(uint)bits[1] << 32) | (uint)bits[0];
        return TryRescale(bits[3] < 0 ? -mantissa : mantissa, (bits[3] >> 16) & 0xff, precision, scale, out units);
    }

    /// <summary>Units of a value; false where it does not fit exactly, or is null.</summary>
    public static bool TryFrom(SqlDecimal value, int precision, int scale, out Int128 units)
    {
        units = 0;
        if (value.IsNull)
            return false;
        Span<uint> words = stackalloc uint[4];
        value.WriteTdsValue(words);
        var magnitude = ((UInt128)words[3] << 96) | ((UInt128)words[2] << 64) | ((UInt128)words[1] << 32) | words[0];
        return magnitude <= (UInt128)Int128.MaxValue
            && TryRescale(value.IsPositive ? (Int128)magnitude : -(Int128)magnitude, value.Scale, precision, scale, out units);
    }

    /// <summary>A value of any precision as <see cref="decimal"/>; false where it has more digits than that holds, trailing zeros not counted.</summary>
    public static bool TryToDecimal(Int128 units, int scale, out decimal value)
    {
        var magnitude = Int128.Abs(units);
        while ((scale > NetPrecisionMax || magnitude >> 96 != 0) && scale > 0)
        {
            var (fewer, rest) = Int128.DivRem(magnitude, 10);
            if (rest != 0)
                break;
            (magnitude, scale) = (fewer, scale - 1);
        }

        value = 0;
        if (scale > NetPrecisionMax || magnitude >> 96 != 0)
            return false;
        value = new decimal((int)(uint)(UInt128)magnitude, (int)(uint)((UInt128)magnitude >> 32), (int)(uint)((UInt128)magnitude >> 64), units < 0, (byte)scale);
        return true;
    }

    /// <summary>A value of any precision as <see cref="SqlDecimal"/>.</summary>
    public static SqlDecimal ToSqlDecimal(Int128 units, int precision, int scale)
    {
        var magnitude = (UInt128)Int128.Abs(units);
        return new SqlDecimal((byte)precision, (byte)scale, units >= 0, (int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), (int)(uint)(magnitude >> 96));
    }

    /// <summary>The .NET value: a <see cref="decimal"/> where the type's precision allows it, else a <see cref="SqlDecimal"/>.</summary>
    public static object ToObject(Int128 units, int precision, int scale)
    {
        if (precision > NetPrecisionMax)
            return ToSqlDecimal(units, precision, scale);
        var magnitude = (UInt128)Int128.Abs(units);
        return new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), units < 0, (byte)scale);
    }

    /// <summary>The same, or null for more digits than the precision.</summary>
    public static object? TryToObject(Int128 units, int precision, int scale) => Fits(units, precision) ? ToObject(units, precision, scale) : null;

    private static bool TryRescale(Int128 mantissa, int from, int precision, int scale, out Int128 units)
    {
        units = mantissa;
        if (from > scale)
        {
            (units, var rest) = Int128.DivRem(mantissa, Powers[from - scale]);
            if (rest != 0)
                return false;
        }
        else if (mantissa != 0 && from < scale)
        {
            var factor = Powers[scale - from];
            if (Int128.Abs(mantissa) > Int128.MaxValue / factor)
                return false;
            units = mantissa * factor;
        }

        return Fits(units, precision);
    }

    private static bool TryAddDigit(ref Int128 sum, char digit, int precision)
    {
        // Checked before it is multiplied: (10^38 - 1) * 10 would not fit Int128.
        if (!char.IsAsciiDigit(digit) || sum >= Powers[precision - 1])
            return false;
        sum = (sum * 10) + (digit - '0');
        return true;
    }

    private static Int128[] MakePowers()
    {
        var powers = new Int128[DataType.DecimalPrecisionMax + 1];
        powers[0] = 1;
        for (var i = 1; i < powers.Length; i++)
            powers[i] = powers[i - 1] * 10;
        return powers;
    }
}
