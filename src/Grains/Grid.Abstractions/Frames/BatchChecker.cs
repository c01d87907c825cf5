using System.Buffers.Binary;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>
/// Checks a record batch message against a schema without looking at a value: nodes, nulls, buffers and their decompressed lengths. What passed
/// here can be decoded into memory that is within the limit; what remains for <see cref="BatchBuilder"/> is the contents: offsets and null bits.
/// </summary>
internal ref struct BatchChecker
{
    private readonly BatchMetadata _batch;
    private readonly ReadOnlySpan<byte> _body;
    private int _node;
    private int _buffer;

    private BatchChecker(BatchMetadata batch, ReadOnlySpan<byte> body)
    {
        _batch = batch;
        _body = body;
    }

    /// <summary>Bytes that decompressing all compressed buffers takes, each aligned.</summary>
    public int DecompressedBytes { get; private set; }

    /// <summary>Checks a message.</summary>
    /// <returns>The bytes that its compressed buffers decompress to, each aligned; at most <see cref="FrameDecoder.DecompressedBytesMax"/>.</returns>
    public static int Check(BatchMetadata batch, ReadOnlySpan<byte> body, int rowCount, Apache.Arrow.Schema schema)
    {
        if (batch.RowCount != rowCount)
            throw BatchMetadata.Corrupt($"it has {batch.RowCount} rows and the frame's header says {rowCount}");
        if (batch.BodyLength != body.Length)
            throw BatchMetadata.Corrupt($"it says that its body has {batch.BodyLength} bytes and {body.Length} follow");
        batch.CheckBuffers();

        var checker = new BatchChecker(batch, body);
        var fields = schema.FieldsList;
        for (var i = 0; i < fields.Count; i++)
            checker.Column(fields[i], rowCount);
        if (checker._node != batch.NodeCount || checker._buffer != batch.BufferCount)
            throw Mismatch($"it has {batch.NodeCount} arrays and {batch.BufferCount} buffers, the schema has {checker._node} and {checker._buffer}");
        return checker.DecompressedBytes;
    }

    /// <summary>The length of a buffer once it is decompressed, as it promises; not yet checked against a limit.</summary>
    public static long PromisedBytes(FrameCompression compression, BufferRange range, ReadOnlySpan<byte> body, out bool compressed)
    {
        compressed = false;
        if (compression == FrameCompression.None || range.Length == 0)
            return range.Length;

        // Message.fbs, BodyCompressionMethod.BUFFER: int64 uncompressed length, -1: what follows is not compressed.
        if (range.Length < sizeof(long))
            throw BatchMetadata.Corrupt($"a compressed buffer has {range.Length} bytes and its length alone takes {sizeof(long)}");
        var length = BinaryPrimitives.ReadInt64LittleEndian(body[(int)range.Offset..]);
        if (length == -1)
            return range.Length - sizeof(long);
        if (length < 0)
            throw BatchMetadata.Corrupt($"a compressed buffer says that it has {length} bytes");
        compressed = true;
        return length;
    }

    private void Column(Field field, int rowCount)
    {
        if (_node < _batch.NodeCount && _batch.Node(_node) is { NullCount: > 0 } node && !field.IsNullable)
            throw new GridException(GridErrorCode.NullNotAllowed, $"Column '{field.Name}' has {node.NullCount} nulls and allows none; send a value in every row.");
        Array(field, rowCount, depth: 0);
    }

    private void Array(Field field, long? expectedLength, int depth)
    {
        if (depth > ArrayLayouts.DepthMax)
            throw Mismatch($"field '{field.Name}' is nested deeper than {DataType.DepthMax} levels");
        if (_node == _batch.NodeCount)
            throw Mismatch($"it ends with {_batch.NodeCount} arrays before field '{field.Name}'");
        var node = _batch.Node(_node++);
        if (node.Length is < 0 or > int.MaxValue || (expectedLength ?? node.Length) != node.Length || node.NullCount < 0 || node.NullCount > node.Length)
            throw BatchMetadata.Corrupt($"field '{field.Name}' has {node.Length} values, {node.NullCount} of them null, where {expectedLength?.ToString() ?? "any number"} belong");

        var type = field.DataType;
        var bits = (node.Length + 7) / 8;
        Buffer(field, node.NullCount > 0 ? bits : 0);
        switch (ArrayLayouts.Of(type))
        {
            case ArrayLayout.FixedWidth:
                Buffer(field, node.Length * ArrayLayouts.WidthOf(type));
                break;
            case ArrayLayout.Bits:
                Buffer(field, bits);
                break;
            case ArrayLayout.VariableBytes:
                Buffer(field, OffsetBytes(node));
                Buffer(field, 0);
                break;
            case ArrayLayout.List:
                Buffer(field, OffsetBytes(node));
                Array(((NestedType)type).Fields[0], null, depth + 1);
                break;
            case ArrayLayout.Struct:
                var children = ((NestedType)type).Fields;
                for (var i = 0; i < children.Count; i++)
                    Array(children[i], node.Length, depth + 1);
                break;
        }
    }

    private void Buffer(Field field, long bytesMin)
    {
        if (_buffer == _batch.BufferCount)
            throw Mismatch($"it ends with {_batch.BufferCount} buffers within field '{field.Name}'");
        var bytes = PromisedBytes(_batch.Compression, _batch.Buffer(_buffer++), _body, out var compressed);
        if (bytes < bytesMin)
            throw BatchMetadata.Corrupt($"a buffer of field '{field.Name}' has {bytes} bytes and needs {bytesMin}");
        if (!compressed)
            return;
        if (bytes > FrameDecoder.DecompressedBytesMax - DecompressedBytes)
            throw new GridException(GridErrorCode.TooLarge, $"The Arrow message decompresses to more than {FrameDecoder.DecompressedBytesMax} bytes; send fewer rows in a frame.");
        DecompressedBytes += ArrowMessage.Align((int)bytes);
    }

    /// <summary>An empty array may go without its one offset.</summary>
    private static long OffsetBytes(FieldNode node) => node.Length == 0 ? 0 : (node.Length + 1) * sizeof(int);

    private static GridException Mismatch(string what) =>
        new(GridErrorCode.SchemaMismatch, $"The Arrow message does not have the schema's columns: {what}. Encode it with the table's schema version.");
}
