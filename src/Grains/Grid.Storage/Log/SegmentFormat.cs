using System.Buffers.Binary;
using System.IO.Hashing;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// The bytes of a segment file around its frames (docs/formats.md, "Segment"):
/// <code>
/// ARROW1\0\0 | schema message | start record || frame | frame ... || end-of-stream | end record | footer | footer length | ARROW1
/// \--------- head -----------/                                                                  \------- hashed tail -------/
/// </code>
/// </summary>
internal static class SegmentFormat
{
    private const int EndOfStreamLength = 8;
    private const int TrailerLength = 10;
    private const int FooterLengthMax = 256 * 1024 * 1024;

    /// <summary>What stands before the first frame.</summary>
    public static byte[] Head(Apache.Arrow.Schema schema, SchemaVersion version, LogOffset baseOffset, long nowMs)
    {
        var head = ArrowFiles.FileHead(schema);
        var bytes = new byte[head.Length + SegmentRecord.Size];
        head.CopyTo(bytes, 0);
        new SegmentRecord
        {
            Magic = SegmentRecord.StartMagic,
            SchemaVersion = version,
            Offset = baseOffset,
            TimestampMs = nowMs,
            HashedLength = head.Length,
            Hash = XxHash3.HashToUInt64(head),
        }.Write(bytes.AsSpan(head.Length));
        return bytes;
    }

    /// <summary>Reads and checks a head. Null: it is damaged or not all there.</summary>
    public static (SegmentRecord Start, int Length)? TryReadHead(IFile file)
    {
        var length = file.Length;
        Span<byte> prefix = stackalloc byte[ArrowFiles.HeadPrefixBytes];
        if (file.ReadUpTo(prefix, 0) < prefix.Length || !ArrowFiles.TryReadHeadLength(prefix, out var headLength) || headLength > length - SegmentRecord.Size)
            return null;
        var bytes = new byte[headLength + SegmentRecord.Size];
        if (file.ReadUpTo(bytes, 0) < bytes.Length || !SegmentRecord.TryRead(bytes.AsSpan(headLength), SegmentRecord.StartMagic, out var record))
            return null;
        return record.HashedLength == headLength && record.Hash == XxHash3.HashToUInt64(bytes.AsSpan(0, headLength)) ? (record, bytes.Length) : null;
    }

    /// <summary>What stands behind the last frame of a sealed segment.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="version">Their schema version.</param>
    /// <param name="marks">The segment's frames and the mark behind them.</param>
    public static byte[] Tail(Apache.Arrow.Schema schema, SchemaVersion version, ReadOnlySpan<IndexEntry> marks)
    {
        var blocks = new ArrowBlock[marks.Length - 1];
        for (var i = 0; i < blocks.Length; i++)
        {
            var message = marks[i].Position + (long)FrameHeader.Size;
            blocks[i] = new ArrowBlock(message, marks[i].MetadataLength, marks[i + 1].Position - message - marks[i].MetadataLength);
        }

        var tail = ArrowFiles.FileTail(schema, blocks);
        var bytes = new byte[tail.Length + SegmentRecord.Size];
        tail.AsSpan(0, EndOfStreamLength).CopyTo(bytes);
        tail.AsSpan(EndOfStreamLength).CopyTo(bytes.AsSpan(EndOfStreamLength + SegmentRecord.Size));
        new SegmentRecord
        {
            Magic = SegmentRecord.EndMagic,
            SchemaVersion = version,
            Offset = new LogOffset(marks[^1].BaseOffset),
            TimestampMs = blocks.Length > 0 ? marks[^2].TimestampMs : 0,
            Frames = blocks.Length,
            HashedLength = tail.Length - EndOfStreamLength,
            Hash = XxHash3.HashToUInt64(tail.AsSpan(EndOfStreamLength)),
        }.Write(bytes.AsSpan(EndOfStreamLength));
        return bytes;
    }

    /// <summary>Reads and checks a tail. Null: there is none, or it is damaged or not all there.</summary>
    public static (SegmentRecord End, long FramesEnd)? TryReadTail(IFile file)
    {
        var length = file.Length;
        Span<byte> trailer = stackalloc byte[TrailerLength];
        if (length < TrailerLength || file.ReadUpTo(trailer, length - TrailerLength) < TrailerLength || !trailer[4..].SequenceEqual("ARROW1"u8))
            return null;
        var hashedLength = BinaryPrimitives.ReadUInt32LittleEndian(trailer) + (long)TrailerLength;
        if (hashedLength > FooterLengthMax || hashedLength + SegmentRecord.Size + EndOfStreamLength > length)
            return null;
        var start = length - hashedLength - SegmentRecord.Size - EndOfStreamLength;
        var bytes = new byte[length - start];
        if (file.ReadUpTo(bytes, start) < bytes.Length
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != uint.MaxValue
            || !SegmentRecord.TryRead(bytes.AsSpan(EndOfStreamLength), SegmentRecord.EndMagic, out var record))
            return null;
        var hashed = bytes.AsSpan(EndOfStreamLength + SegmentRecord.Size);
        return record.HashedLength == hashed.Length && record.Hash == XxHash3.HashToUInt64(hashed) ? (record, start) : null;
    }
}
