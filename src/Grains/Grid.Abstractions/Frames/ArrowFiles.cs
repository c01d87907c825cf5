using System.Buffers.Binary;

namespace Grid.Abstractions;

/// <summary>Where a record batch message lies in an Arrow file (File.fbs, Block).</summary>
/// <param name="Offset">The byte where the message begins, its 8-byte prefix included; a multiple of 8.</param>
/// <param name="MetadataLength">Bytes of prefix and metadata.</param>
/// <param name="BodyLength">Bytes of the body.</param>
public readonly record struct ArrowBlock(long Offset, int MetadataLength, long BodyLength);

/// <summary>
/// What makes a segment an Arrow file (docs/formats.md, "Arrow file"): <c>ARROW1 00 00</c> and the schema message before the frames; the end-of-stream
/// mark, the footer, its int32 length and <c>ARROW1</c> behind them. The footer points at the messages: the frames' headers between them are gaps.
/// </summary>
public static class ArrowFiles
{
    /// <summary>The bytes of a file's beginning that <see cref="TryReadHeadLength"/> needs.</summary>
    public const int HeadPrefixBytes = 16;

    /// <summary>Longest head; 2000 columns of long names take less than a megabyte.</summary>
    public const int HeadBytesMax = 16 * 1024 * 1024;

    private static ReadOnlySpan<byte> HeadMagic => "ARROW1\0\0"u8;

    private static ReadOnlySpan<byte> TailMagic => "ARROW1"u8;

    /// <summary>The bytes before the first frame; a multiple of 8. The same schema gives the same bytes.</summary>
    public static byte[] FileHead(Apache.Arrow.Schema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var metadata = new SchemaFlatBuffer().Message(schema);
        var head = new byte[HeadPrefixBytes + ArrowMessage.Align(metadata.Length)];
        HeadMagic.CopyTo(head);
        ArrowMessage.WritePrefix(head.AsSpan(HeadMagic.Length), head.Length - HeadPrefixBytes);
        metadata.CopyTo(head, HeadPrefixBytes);
        return head;
    }

    /// <summary>The bytes behind the last frame, which ends at a multiple of 8.</summary>
    public static byte[] FileTail(Apache.Arrow.Schema schema, IReadOnlyList<ArrowBlock> blocks)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(blocks);
        var footer = new SchemaFlatBuffer().Footer(schema, blocks);
        var tail = new byte[ArrowMessage.PrefixBytes + footer.Length + sizeof(int) + TailMagic.Length];
        ArrowMessage.WritePrefix(tail, 0);
        footer.CopyTo(tail, ArrowMessage.PrefixBytes);
        BinaryPrimitives.WriteInt32LittleEndian(tail.AsSpan(ArrowMessage.PrefixBytes + footer.Length), footer.Length);
        TailMagic.CopyTo(tail.AsSpan(tail.Length - TailMagic.Length));
        return tail;
    }

    /// <summary>Reads from a file's first <see cref="HeadPrefixBytes"/> bytes how long its head is; false where it is not an Arrow file's.</summary>
    public static bool TryReadHeadLength(ReadOnlySpan<byte> prefix, out int length)
    {
        length = 0;
        if (prefix.Length < HeadPrefixBytes || !prefix.StartsWith(HeadMagic))
            return false;
        var message = prefix[HeadMagic.Length..];
        var metadataLength = BinaryPrimitives.ReadInt32LittleEndian(message[4..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(message) != ArrowMessage.Continuation || metadataLength is <= 0 or > HeadBytesMax - HeadPrefixBytes
            || metadataLength % ArrowMessage.Alignment != 0)
            return false;
        length = HeadPrefixBytes + metadataLength;
        return true;
    }

    /// <summary>Checks a file's head: magic and a whole schema message; false where they are not there.</summary>
    /// <param name="file">The file's beginning.</param>
    /// <param name="length">Where the first frame begins.</param>
    public static bool TryReadHead(ReadOnlySpan<byte> file, out int length)
    {
        if (!TryReadHeadLength(file, out length) || length > file.Length)
            return false;
        try
        {
            return SchemaFlatBuffer.IsSchemaMessage(file[HeadPrefixBytes..length]);
        }
        catch (GridException)
        {
            return false;
        }
    }
}
