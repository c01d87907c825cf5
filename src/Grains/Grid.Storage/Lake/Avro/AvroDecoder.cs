using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Grid.Storage.Lake.Avro;

/// <summary>Reads Avro's simplest types from bytes that may be anything: each read is checked against what is left.</summary>
internal ref struct AvroDecoder(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes left.</summary>
    public readonly int Left => _bytes.Length - Position;

    public long ReadLong()
    {
        ulong value = 0;
        for (var i = 0; i < AvroBytes.LongBytesMax; i++)
        {
            var next = ReadFixed(1)[0];
            // The tenth byte has room for one bit.
            if (i == AvroBytes.LongBytesMax - 1 && next > 1)
                break;
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
                return (long)(value >> 1) ^ -(long)(value & 1);
        }

        throw LakeErrors.Damaged("an Avro number has more than 64 bits");
    }

    public int ReadInt() => ReadLong() is var value && value == (int)value ? (int)value : throw LakeErrors.Damaged($"an Avro int is {value}");

    public bool ReadBoolean() => ReadFixed(1)[0] switch
    {
        0 => false,
        1 => true,
        var other => throw LakeErrors.Damaged($"an Avro boolean is {other}"),
    };

    public float ReadFloat() => BinaryPrimitives.ReadSingleLittleEndian(ReadFixed(sizeof(float)));

    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(ReadFixed(sizeof(double)));

    /// <summary>Bytes with their length; they are the decoder's.</summary>
    public ReadOnlySpan<byte> ReadBytes() => ReadFixed(ReadLong());

    public string ReadString() => ReadBytes() is var text && Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw LakeErrors.Damaged("an Avro string is not UTF-8");

    /// <summary>So many bytes; they are the decoder's.</summary>
    public ReadOnlySpan<byte> ReadFixed(long length)
    {
        if (length < 0 || length > Left)
            throw LakeErrors.Damaged($"a value of {length} bytes begins {Left} bytes before the end of its Avro block");
        var value = _bytes.Slice(Position, (int)length);
        Position += (int)length;
        return value;
    }
}
