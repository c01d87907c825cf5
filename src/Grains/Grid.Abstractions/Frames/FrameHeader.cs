using System.Buffers.Binary;
using System.IO.Hashing;

namespace Grid.Abstractions;

/// <summary>
/// The 64 bytes before every Arrow message, little endian (docs/formats.md, "Frame"):
/// <code>
///  0  magic GRF1        16 row count        28 schema version   40 writer id        56 writer sequence
///  4  message length    20 offset span      30 flags            48 message hash     60 header hash
///  8  base offset       24 leader epoch     32 timestamp ms
/// </code>
/// </summary>
public readonly record struct FrameHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 64;

    /// <summary>The first four bytes: <c>GRF1</c>.</summary>
    public const uint Magic = 'G' | ('R' << 8) | ('F' << 16) | ('1' << 24);

    /// <summary>Longest message: a frame with one huge row may reach 16 MiB.</summary>
    public const int MessageLengthMax = 16 * 1024 * 1024;

    /// <summary>Most rows of a frame.</summary>
    public const int RowCountMax = 1 << 20;

    /// <summary>Bytes of the Arrow message that follows; a multiple of 8, at most <see cref="MessageLengthMax"/>.</summary>
    public int MessageLength { get; init; }

    /// <summary>The offset of the first row; given by the leader.</summary>
    public LogOffset BaseOffset { get; init; }

    /// <summary>Rows in the message, 0 to <see cref="RowCountMax"/>.</summary>
    public int RowCount { get; init; }

    /// <summary>The leader's epoch when it stamped the frame.</summary>
    public LeaderEpoch Epoch { get; init; }

    /// <summary>The schema version the message was written with.</summary>
    public SchemaVersion SchemaVersion { get; init; }

    /// <summary>Flags.</summary>
    public FrameFlags Flags { get; init; }

    /// <summary>Commit timestamp in milliseconds since 1970 UTC; given by the leader, never goes back within a bucket.</summary>
    public long TimestampMs { get; init; }

    /// <summary>The writer, or 0.</summary>
    public WriterId Writer { get; init; }

    /// <summary>The writer's sequence number in this bucket, from 0; it wraps from int.MaxValue to 0.</summary>
    public int Sequence { get; init; }

    /// <summary>XxHash3-64 of the message.</summary>
    public ulong MessageHash { get; init; }

    /// <summary>Offsets the frame takes: its rows, or 1 where it has none.</summary>
    public int OffsetSpan => Math.Max(RowCount, 1);

    /// <summary>The offset after the frame's last.</summary>
    public LogOffset EndOffset => BaseOffset + OffsetSpan;

    /// <summary>Bytes of header and message.</summary>
    public int FrameLength => Size + MessageLength;

    /// <summary>The hash that <see cref="MessageHash"/> holds.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> message) => XxHash3.HashToUInt64(message);

    /// <summary>Writes the 64 bytes, with their hash.</summary>
    public void Write(Span<byte> destination)
    {
        var header = destination[..Size];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], MessageLength);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], BaseOffset.Value);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], RowCount);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], OffsetSpan);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], Epoch.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(header[28..], SchemaVersion.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(header[30..], (ushort)Flags);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], TimestampMs);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], Writer.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], MessageHash);
        BinaryPrimitives.WriteInt32LittleEndian(header[56..], Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(header[60..], (uint)XxHash3.HashToUInt64(header[..60]));
    }

    /// <summary>Reads and checks the 64 bytes: magic, hash, every field against its range. The message is not looked at.</summary>
    /// <param name="source">At least the header's bytes; fewer are an error, not an exception.</param>
    /// <param name="header">The header, where the answer is <see cref="FrameHeaderError.None"/>.</param>
    public static FrameHeaderError TryRead(ReadOnlySpan<byte> source, out FrameHeader header)
    {
        header = default;
        if (source.Length < Size)
            return FrameHeaderError.Truncated;
        if (BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic)
            return FrameHeaderError.Magic;
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[60..]) != (uint)XxHash3.HashToUInt64(source[..60]))
            return FrameHeaderError.Hash;

        header = new FrameHeader
        {
            MessageLength = BinaryPrimitives.ReadInt32LittleEndian(source[4..]),
            BaseOffset = new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(source[8..])),
            RowCount = BinaryPrimitives.ReadInt32LittleEndian(source[16..]),
            Epoch = new LeaderEpoch(BinaryPrimitives.ReadInt32LittleEndian(source[24..])),
            SchemaVersion = new SchemaVersion(BinaryPrimitives.ReadUInt16LittleEndian(source[28..])),
            Flags = (FrameFlags)BinaryPrimitives.ReadUInt16LittleEndian(source[30..]),
            TimestampMs = BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            Writer = new WriterId(BinaryPrimitives.ReadInt64LittleEndian(source[40..])),
            MessageHash = BinaryPrimitives.ReadUInt64LittleEndian(source[48..]),
            Sequence = BinaryPrimitives.ReadInt32LittleEndian(source[56..]),
        };
        var legal = header.MessageLength is >= 0 and <= MessageLengthMax && header.MessageLength % 8 == 0
            && header.RowCount is >= 0 and <= RowCountMax
            && BinaryPrimitives.ReadInt32LittleEndian(source[20..]) == header.OffsetSpan
            && header.BaseOffset.Value is >= 0 and <= long.MaxValue - RowCountMax
            && header.Epoch.Value >= 0 && header.Writer.Value >= 0 && header.Sequence >= 0 && header.TimestampMs >= 0
            && header.Flags is FrameFlags.None or FrameFlags.ChangeKinds;
        return legal ? FrameHeaderError.None : FrameHeaderError.Range;
    }
}
