using System.Buffers.Binary;
using System.IO.Hashing;
using Grid.Abstractions;

namespace Grid.Storage.Objects;

/// <summary>
/// One version of an object as a file (docs/formats.md, "Object store directory"), little endian:
/// <code>
///  0  magic GOB1     4  kind (0 object, 1 tombstone)     8  length of the content
/// 16  XxHash3-64 of the content                         24  nonce of the writer     32  content
/// </code>
/// A tombstone ends after its kind: <see cref="TombstoneLength"/> bytes and the nonce. That makes it known by its file's length alone.
/// </summary>
internal readonly record struct ObjectFile(long ContentLength, ulong ContentHash, ulong Nonce)
{
    /// <summary>Bytes before the content.</summary>
    public const int HeaderLength = 32;

    /// <summary>Bytes of a tombstone: magic, kind, nonce.</summary>
    public const int TombstoneLength = 16;

    private const uint Magic = 'G' | ('O' << 8) | ('B' << 16) | ('1' << 24);
    private const uint ObjectKind = 0;
    private const uint TombstoneKind = 1;

    public static byte[] Header(ReadOnlySpan<byte> content, ulong nonce) => new ObjectFile(content.Length, XxHash3.HashToUInt64(content), nonce).Header();

    public byte[] Header()
    {
        var bytes = new byte[HeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), ObjectKind);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), ContentLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), ContentHash);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), Nonce);
        return bytes;
    }

    public static byte[] Tombstone(ulong nonce)
    {
        var bytes = new byte[TombstoneLength];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), TombstoneKind);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), nonce);
        return bytes;
    }

    /// <summary>Reads the header of an object's file, or a whole tombstone; false where the bytes are neither.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, long fileLength, out ObjectFile file)
    {
        file = default;
        if (bytes.Length < TombstoneLength || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return false;
        var kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (kind == TombstoneKind && fileLength == TombstoneLength)
        {
            file = new ObjectFile(-1, 0, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
            return true;
        }

        if (kind != ObjectKind || bytes.Length < HeaderLength || BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]) != fileLength - HeaderLength)
            return false;
        file = new ObjectFile(fileLength - HeaderLength, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
        return true;
    }

    /// <summary>The failure of a file that is not what its writer wrote.</summary>
    public static GridException Damaged(string path) =>
        new(GridErrorCode.StorageFailed, $"{path} is damaged: its header, length or hash is wrong. Restore it, or remove it to fall back to the version before it.");
}
