using System.Buffers.Binary;

namespace Grid.Abstractions;

/// <summary>A field node of a record batch message: rows (or elements) and nulls of one array.</summary>
internal readonly record struct FieldNode(long Length, long NullCount);

/// <summary>Where a buffer lies in a message's body, padding not included.</summary>
internal readonly record struct BufferRange(long Offset, long Length)
{
    public long End => Offset + Length;
}

/// <summary>The metadata of a record batch message, its flatbuffer checked for bounds; what it says is checked by <see cref="BatchChecker"/>.</summary>
internal readonly ref struct BatchMetadata
{
    /// <summary>A field node and a buffer are two int64 each.</summary>
    public const int EntryBytes = 16;

    public const short VersionV5 = 4;
    public const byte HeaderRecordBatch = 3;
    private readonly ReadOnlySpan<byte> _nodes;
    private readonly ReadOnlySpan<byte> _buffers;

    private BatchMetadata(FlatTable message, FlatTable batch)
    {
        BodyLength = message.Int64(3);
        RowCount = batch.Int64(0);
        _nodes = batch.Vector(1, EntryBytes);
        _buffers = batch.Vector(2, EntryBytes);
        Compression = batch.TryTable(3, out var compression) ? CompressionOf(compression) : FrameCompression.None;
        Statistics = StatisticsOf(message);
    }

    public long RowCount { get; }

    public long BodyLength { get; }

    public FrameCompression Compression { get; }

    /// <summary>The text under <see cref="FrameStatistics.MetadataKey"/>; empty where there is none.</summary>
    public ReadOnlySpan<byte> Statistics { get; }

    public int NodeCount => _nodes.Length / EntryBytes;

    public int BufferCount => _buffers.Length / EntryBytes;

    public static BatchMetadata Read(ReadOnlySpan<byte> metadata)
    {
        var message = FlatTable.Root(metadata);
        if (message.Int16(0) != VersionV5)
            throw Corrupt($"its metadata version is {message.Int16(0)} and only V5 ({VersionV5}) is read");
        if (message.Byte(1) != HeaderRecordBatch || !message.TryTable(2, out var batch))
            throw Corrupt($"it is not a record batch (header type {message.Byte(1)})");
        return new BatchMetadata(message, batch);
    }

    public FieldNode Node(int index)
    {
        var entry = _nodes.Slice(index * EntryBytes, EntryBytes);
        return new FieldNode(BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[8..]));
    }

    public BufferRange Buffer(int index)
    {
        var entry = _buffers.Slice(index * EntryBytes, EntryBytes);
        return new BufferRange(BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[8..]));
    }

    /// <summary>Checks that the buffers lie in the body, aligned, in rising order and apart: no byte can be sent or decompressed twice.</summary>
    public void CheckBuffers()
    {
        var end = 0L;
        for (var i = 0; i < BufferCount; i++)
        {
            var range = Buffer(i);
            if (range.Length == 0)
                continue;
            if (range.Length < 0 || range.Offset < end || range.Offset % ArrowMessage.Alignment != 0 || range.Offset > BodyLength - range.Length)
                throw Corrupt($"buffer {i} at {range.Offset} with {range.Length} bytes is not aligned, overlaps, or leaves the body of {BodyLength} bytes");
            end = range.End;
        }
    }

    public static GridException Corrupt(string what) => new(GridErrorCode.Corrupt, $"The Arrow message is damaged: {what}.");

    private static FrameCompression CompressionOf(FlatTable compression)
    {
        var method = compression.Byte(1);
        return (compression.Byte(0), method) switch
        {
            (0, 0) => FrameCompression.Lz4,
            (1, 0) => FrameCompression.Zstd,
            var (codec, _) => throw Corrupt($"body compression {codec} with method {method} is not known; LZ4_FRAME (0) and ZSTD (1) by buffer (0) are"),
        };
    }

    private static ReadOnlySpan<byte> StatisticsOf(FlatTable message)
    {
        var count = message.TableCount(4);
        for (var i = 0; i < count; i++)
        {
            var pair = message.TableAt(4, i);
            if (pair.Vector(0, 1).SequenceEqual(FrameStatistics.MetadataKey))
                return pair.Vector(1, 1);
        }

        return default;
    }
}
