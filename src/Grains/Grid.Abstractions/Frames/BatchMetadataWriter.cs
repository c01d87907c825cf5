using System.Buffers.Binary;

namespace Grid.Abstractions;

/// <summary>
/// Writes the metadata of record batch messages. Arrow's Message flatbuffer is laid out by hand, front to back, always the same way, so that its
/// length is known before the body is written and nothing is allocated (docs/formats.md, "Arrow message"):
/// <code>
///   0 root → 40                       64 table RecordBatch   (→ vtable 18): nodes, length, buffers, compression
///   4 vtable of Message               88 table BodyCompression (→ vtable 30): codec, method
///  18 vtable of RecordBatch          100 count and field nodes, 16 bytes each
///  30 vtable of BodyCompression          count and buffers, 16 bytes each
///  40 table Message (→ vtable 4)         [custom metadata: one pair]
/// </code>
/// </summary>
internal static class BatchMetadataWriter
{
    private const int MessageVTable = 4;
    private const int BatchVTable = 18;
    private const int CompressionVTable = 30;
    private const int Message = 40;
    private const int Batch = 64;
    private const int Compression = 88;
    private const int Nodes = 104;

    /// <summary>Before the elements of a vector: 4 bytes of padding and the count.</summary>
    private const int VectorHead = 8;

    /// <summary>Count, reference, vtable (8), table (12), key length, key and its end (10 + 1, padded), value length.</summary>
    private const int PairHead = 4 + 4 + 8 + 12 + 4 + 12 + 4;

    /// <summary>The metadata's bytes, a multiple of 8.</summary>
    public static int Length(int nodes, int buffers, int statisticsBytes)
    {
        var length = Nodes + (nodes * BatchMetadata.EntryBytes) + VectorHead + (buffers * BatchMetadata.EntryBytes);
        return statisticsBytes == 0 ? length : ArrowMessage.Align(length + PairHead + statisticsBytes + 1);
    }

    /// <summary>Writes the metadata.</summary>
    /// <param name="metadata">Exactly <see cref="Length"/> bytes.</param>
    /// <param name="batch">Rows, compression and body.</param>
    /// <param name="nodes">The field nodes.</param>
    /// <param name="buffers">The buffers.</param>
    /// <param name="statistics">The statistics' text; empty: none.</param>
    public static void Write(
        Span<byte> metadata, BatchShape batch, ReadOnlySpan<FieldNode> nodes, ReadOnlySpan<BufferRange> buffers, ReadOnlySpan<byte> statistics)
    {
        metadata.Clear();
        var buffersAt = Nodes + (nodes.Length * BatchMetadata.EntryBytes) + VectorHead;
        var pairAt = buffersAt + (buffers.Length * BatchMetadata.EntryBytes);
        var compressed = batch.Compression != FrameCompression.None;

        PutUInt32(metadata, 0, Message);

        // vtables: own bytes, table's bytes, the place of each field in its table (0: absent).
        PutUInt16s(metadata[MessageVTable..], [14, 24, 20, 22, 4, 8, statistics.IsEmpty ? (ushort)0 : (ushort)16]);
        PutUInt16s(metadata[BatchVTable..], [12, 24, 8, 4, 16, compressed ? (ushort)20 : (ushort)0]);
        PutUInt16s(metadata[CompressionVTable..], [8, 8, 4, 5]);

        PutUInt32(metadata, Message, Message - MessageVTable);
        PutReference(metadata, Message + 4, Batch);
        BinaryPrimitives.WriteInt64LittleEndian(metadata[(Message + 8)..], batch.BodyLength);
        BinaryPrimitives.WriteInt16LittleEndian(metadata[(Message + 20)..], BatchMetadata.VersionV5);
        metadata[Message + 22] = BatchMetadata.HeaderRecordBatch;

        PutUInt32(metadata, Batch, Batch - BatchVTable);
        PutReference(metadata, Batch + 4, Nodes - sizeof(uint));
        BinaryPrimitives.WriteInt64LittleEndian(metadata[(Batch + 8)..], batch.RowCount);
        PutReference(metadata, Batch + 16, buffersAt - sizeof(uint));

        PutUInt32(metadata, Compression, Compression - CompressionVTable);
        if (compressed)
        {
            PutReference(metadata, Batch + 20, Compression);
            metadata[Compression + 4] = batch.Compression == FrameCompression.Zstd ? (byte)1 : (byte)0;
        }

        PutUInt32(metadata, Nodes - sizeof(uint), nodes.Length);
        for (var i = 0; i < nodes.Length; i++)
            PutEntry(metadata, Nodes + (i * BatchMetadata.EntryBytes), nodes[i].Length, nodes[i].NullCount);
        PutUInt32(metadata, buffersAt - sizeof(uint), buffers.Length);
        for (var i = 0; i < buffers.Length; i++)
            PutEntry(metadata, buffersAt + (i * BatchMetadata.EntryBytes), buffers[i].Offset, buffers[i].Length);

        if (!statistics.IsEmpty)
        {
            PutReference(metadata, Message + 16, pairAt);
            PutPair(metadata, pairAt, FrameStatistics.MetadataKey, statistics);
        }
    }

    private static void PutPair(Span<byte> metadata, int at, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        PutUInt32(metadata, at, 1);
        PutReference(metadata, at + 4, at + 16);
        PutUInt16s(metadata[(at + 8)..], [8, 12, 4, 8]);
        PutUInt32(metadata, at + 16, 8);
        PutReference(metadata, at + 20, at + 28);
        PutReference(metadata, at + 24, at + 44);
        PutUInt32(metadata, at + 28, key.Length);
        key.CopyTo(metadata[(at + 32)..]);
        PutUInt32(metadata, at + 44, value.Length);
        value.CopyTo(metadata[(at + PairHead)..]);
    }

    private static void PutEntry(Span<byte> metadata, int at, long first, long second)
    {
        BinaryPrimitives.WriteInt64LittleEndian(metadata[at..], first);
        BinaryPrimitives.WriteInt64LittleEndian(metadata[(at + 8)..], second);
    }

    private static void PutUInt16s(Span<byte> destination, ReadOnlySpan<ushort> values)
    {
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(i * sizeof(ushort))..], values[i]);
    }

    private static void PutReference(Span<byte> metadata, int at, int target) => PutUInt32(metadata, at, target - at);

    private static void PutUInt32(Span<byte> metadata, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(metadata[at..], value);
}

/// <summary>What a record batch message says besides its nodes and buffers.</summary>
internal readonly record struct BatchShape(int RowCount, FrameCompression Compression, long BodyLength);
