using System.Buffers.Binary;
using System.IO.Hashing;
using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>
/// 64 bytes that close the gaps in an Arrow file's own checks, little endian (docs/formats.md, "Segment"). The start record follows the schema message,
/// the end record the end-of-stream marker; both lie where Arrow readers don't look.
/// <code>
///  0  magic GRS1 | GRE1    8  offset: first | end      24  frames: 0 | all          32  zeros
///  4  format version 1    16  timestamp: of creation   28  length of the hashed    48  XxHash3-64 of the hashed bytes
///  6  schema version          | of the last frame          bytes: head | footer    56  zeros   60  low 32 bits of XxHash3-64 of bytes 0..59
/// </code>
/// </summary>
internal readonly record struct SegmentRecord
{
    public const int Size = 64;
    public const uint StartMagic = 'G' | ('R' << 8) | ('S' << 16) | ('1' << 24);
    public const uint EndMagic = 'G' | ('R' << 8) | ('E' << 16) | ('1' << 24);
    private const ushort FormatVersion = 1;

    public uint Magic { get; init; }

    public SchemaVersion SchemaVersion { get; init; }

    public LogOffset Offset { get; init; }

    public long TimestampMs { get; init; }

    public int Frames { get; init; }

    public int HashedLength { get; init; }

    public ulong Hash { get; init; }

    public void Write(Span<byte> destination)
    {
        var record = destination[..Size];
        record.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(record, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(record[4..], FormatVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(record[6..], SchemaVersion.Value);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], Offset.Value);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], TimestampMs);
        BinaryPrimitives.WriteInt32LittleEndian(record[24..], Frames);
        BinaryPrimitives.WriteInt32LittleEndian(record[28..], HashedLength);
        BinaryPrimitives.WriteUInt64LittleEndian(record[48..], Hash);
        BinaryPrimitives.WriteUInt32LittleEndian(record[60..], (uint)XxHash3.HashToUInt64(record[..60]));
    }

    /// <summary>Reads and checks a record; what it speaks of is for the caller to compare.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, uint magic, out SegmentRecord record)
    {
        record = default;
        if (source.Length < Size
            || BinaryPrimitives.ReadUInt32LittleEndian(source) != magic
            || BinaryPrimitives.ReadUInt32LittleEndian(source[60..]) != (uint)XxHash3.HashToUInt64(source[..60])
            || BinaryPrimitives.ReadUInt16LittleEndian(source[4..]) != FormatVersion)
            return false;
        record = new SegmentRecord
        {
            Magic = magic,
            SchemaVersion = new SchemaVersion(BinaryPrimitives.ReadUInt16LittleEndian(source[6..])),
            Offset = new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(source[8..])),
            TimestampMs = BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            Frames = BinaryPrimitives.ReadInt32LittleEndian(source[24..]),
            HashedLength = BinaryPrimitives.ReadInt32LittleEndian(source[28..]),
            Hash = BinaryPrimitives.ReadUInt64LittleEndian(source[48..]),
        };
        return record.Offset.Value >= 0 && record.Frames >= 0;
    }
}
