using System.Buffers.Binary;

namespace Grid.Abstractions;

/// <summary>
/// Fixed-width values as bytes whose order is the values' order (docs/formats.md, "Ordered bytes"): integers big endian with the sign bit
/// flipped; floats big endian, the sign bit flipped where it is clear, all bits where it is set. Keys and frame statistics speak it. Text, binary,
/// fixed binary and uuid are ordered as they are; keys add an escape and an end, statistics don't.
/// </summary>
public static class OrderedBytes
{
    /// <summary>Bytes of a decimal, whatever its precision.</summary>
    public const int DecimalBytes = 16;

    /// <summary>Writes 1 byte: 0 for false, 1 for true.</summary>
    public static int WriteBoolean(Span<byte> destination, bool value)
    {
        destination[0] = value ? (byte)1 : (byte)0;
        return 1;
    }

    /// <summary>Writes 1 byte.</summary>
    public static int WriteInt8(Span<byte> destination, sbyte value)
    {
        destination[0] = (byte)(value ^ sbyte.MinValue);
        return sizeof(sbyte);
    }

    /// <summary>Writes 2 bytes.</summary>
    public static int WriteInt16(Span<byte> destination, short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(destination, (short)(value ^ short.MinValue));
        return sizeof(short);
    }

    /// <summary>Writes 4 bytes; also dates (days).</summary>
    public static int WriteInt32(Span<byte> destination, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, value ^ int.MinValue);
        return sizeof(int);
    }

    /// <summary>Writes 8 bytes; also times and timestamps (microseconds).</summary>
    public static int WriteInt64(Span<byte> destination, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, value ^ long.MinValue);
        return sizeof(long);
    }

    /// <summary>Writes 16 bytes: a decimal's unscaled value.</summary>
    public static int WriteInt128(Span<byte> destination, Int128 value)
    {
        BinaryPrimitives.WriteInt128BigEndian(destination, value ^ Int128.MinValue);
        return DecimalBytes;
    }

    /// <summary>Writes 4 bytes. Negative zero is written as zero, because they are equal; NaN has no place in the order and must not be given.</summary>
    public static int WriteFloat32(Span<byte> destination, float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value + 0f);
        BinaryPrimitives.WriteInt32BigEndian(destination, bits < 0 ? ~bits : bits ^ int.MinValue);
        return sizeof(float);
    }

    /// <summary>Writes 8 bytes. Negative zero is written as zero, because they are equal; NaN has no place in the order and must not be given.</summary>
    public static int WriteFloat64(Span<byte> destination, double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value + 0d);
        BinaryPrimitives.WriteInt64BigEndian(destination, bits < 0 ? ~bits : bits ^ long.MinValue);
        return sizeof(double);
    }

    /// <summary>Reads 2 bytes.</summary>
    public static short ReadInt16(ReadOnlySpan<byte> source) => (short)(BinaryPrimitives.ReadInt16BigEndian(source) ^ short.MinValue);

    /// <summary>Reads 1 byte.</summary>
    public static sbyte ReadInt8(ReadOnlySpan<byte> source) => (sbyte)(source[0] ^ 0x80);

    /// <summary>Reads 4 bytes.</summary>
    public static int ReadInt32(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadInt32BigEndian(source) ^ int.MinValue;

    /// <summary>Reads 8 bytes.</summary>
    public static long ReadInt64(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadInt64BigEndian(source) ^ long.MinValue;

    /// <summary>Reads 16 bytes.</summary>
    public static Int128 ReadInt128(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadInt128BigEndian(source) ^ Int128.MinValue;

    /// <summary>Reads 4 bytes.</summary>
    public static float ReadFloat32(ReadOnlySpan<byte> source)
    {
        var bits = BinaryPrimitives.ReadInt32BigEndian(source);
        return BitConverter.Int32BitsToSingle(bits < 0 ? bits ^ int.MinValue : ~bits);
    }

    /// <summary>Reads 8 bytes.</summary>
    public static double ReadFloat64(ReadOnlySpan<byte> source)
    {
        var bits = BinaryPrimitives.ReadInt64BigEndian(source);
        return BitConverter.Int64BitsToDouble(bits < 0 ? bits ^ long.MinValue : ~bits);
    }
}
