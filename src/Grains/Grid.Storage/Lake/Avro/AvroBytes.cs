using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Grid.Storage.Lake.Avro;

/// <summary>Avro's binary encoding of its simplest types.</summary>
internal static class AvroBytes
{
    /// <summary>Most bytes of an int or long: 64 bits, 7 in a byte.</summary>
    public const int LongBytesMax = 10;

    /// <summary>An int or a long: zigzag (small either way is short), then 7 bits a byte, lowest first.</summary>
    public static void WriteLong(IBufferWriter<byte> output, long value)
    {
        var rest = (ulong)((value << 1) ^ (value >> 63));
        var span = output.GetSpan(LongBytesMax);
        var length = 0;
        for (; rest >= 0x80; rest >>= 7)
            span[length++] = (byte)(rest | 0x80);
        span[length++] = (byte)rest;
        output.Advance(length);
    }

    public static void WriteBoolean(IBufferWriter<byte> output, bool value)
    {
        output.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        output.Advance(1);
    }

    public static void WriteFloat(IBufferWriter<byte> output, float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(output.GetSpan(sizeof(float)), value);
        output.Advance(sizeof(float));
    }

    public static void WriteDouble(IBufferWriter<byte> output, double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(output.GetSpan(sizeof(double)), value);
        output.Advance(sizeof(double));
    }

    public static void WriteBytes(IBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        WriteLong(output, value.Length);
        output.Write(value);
    }

    public static void WriteString(IBufferWriter<byte> output, string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        WriteLong(output, length);
        Encoding.UTF8.GetBytes(value, output);
    }
}
