using System.Buffers.Binary;

namespace Grid.Storage.Lake.Keys;

/// <summary>Where a key's row is in the lake.</summary>
/// <param name="File">The file's number in its bucket's index.</param>
/// <param name="Row">The row's position in it, from 0.</param>
internal readonly record struct LakePlace(int File, long Row) : IComparable<LakePlace>
{
    /// <summary>Bytes of one.</summary>
    public const int Length = sizeof(int) + sizeof(long);

    public static LakePlace Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadInt32BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[sizeof(int)..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(bytes, File);
        BinaryPrimitives.WriteInt64BigEndian(bytes[sizeof(int)..], Row);
    }

    public int CompareTo(LakePlace other) => File != other.File ? File.CompareTo(other.File) : Row.CompareTo(other.Row);
}
