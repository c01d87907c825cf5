using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Grid.Abstractions;

namespace Grid.Silo.Clustering;

/// <summary>
/// A grain's state as an object (docs/formats.md, "Grain state"), little endian:
/// <code>
///  0  magic GGS1     4  length of the grain's id     8  mark of the write
/// 16  XxHash3-64 of all that follows                24  the grain's id, UTF-8, then its state
/// </code>
/// The id tells two grains apart whose names were shortened to the same one; the mark tells a writer its own write.
/// </summary>
internal readonly record struct GrainStateObject(ulong Mark, ReadOnlyMemory<byte> State)
{
    private const int HeaderLength = 24;
    private const uint Magic = 'G' | ('G' << 8) | ('S' << 16) | ((uint)'1' << 24);

    public static ulong NewMark() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    public static byte[] Write(string grain, ulong mark, ReadOnlySpan<byte> state)
    {
        var idLength = Encoding.UTF8.GetByteCount(grain);
        var bytes = new byte[HeaderLength + idLength + state.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), idLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), mark);
        Encoding.UTF8.GetBytes(grain, bytes.AsSpan(HeaderLength));
        state.CopyTo(bytes.AsSpan(HeaderLength + idLength));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), XxHash3.HashToUInt64(bytes.AsSpan(HeaderLength)));
        return bytes;
    }

    public static GrainStateObject Read(string name, string grain, ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        if (span.Length < HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(span) != Magic)
            throw Damaged(name, "it is no grain state of format 1");
        var idLength = BinaryPrimitives.ReadInt32LittleEndian(span[4..]);
        if (idLength < 0 || idLength > span.Length - HeaderLength || BinaryPrimitives.ReadUInt64LittleEndian(span[16..]) != XxHash3.HashToUInt64(span[HeaderLength..]))
            throw Damaged(name, "its length or hash is wrong");
        var owner = Encoding.UTF8.GetString(span.Slice(HeaderLength, idLength));
        return owner == grain
            ? new GrainStateObject(BinaryPrimitives.ReadUInt64LittleEndian(span[8..]), bytes[(HeaderLength + idLength)..])
            : throw Damaged(name, $"it belongs to {owner}, not to {grain}");
    }

    private static GridException Damaged(string name, string problem) =>
        new(GridErrorCode.StorageFailed, $"Grain state '{name}' is damaged: {problem}. Restore it from a backup, or delete it to begin anew.");
}
