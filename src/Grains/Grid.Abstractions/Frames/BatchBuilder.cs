using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>
/// Builds the arrays of a record batch message that <see cref="BatchChecker"/> passed, and checks their contents: null bits against null counts,
/// offsets rising and inside their data. Arrays are slices of the message, or of one array per message that compressed buffers decompress into.
/// </summary>
internal ref struct BatchBuilder
{
    private static readonly byte[] NoOffsets = new byte[sizeof(int)];
    private readonly BatchMetadata _batch;
    private readonly ReadOnlyMemory<byte> _body;
    private readonly byte[] _decompressed;
    private int _decompressedEnd;
    private int _node;
    private int _buffer;

    /// <summary>Starts at the first field.</summary>
    /// <param name="batch">The message's metadata, checked.</param>
    /// <param name="body">The message's body.</param>
    /// <param name="decompressed">Room for what the check said that the compressed buffers take.</param>
    public BatchBuilder(BatchMetadata batch, ReadOnlyMemory<byte> body, byte[] decompressed)
    {
        _batch = batch;
        _body = body;
        _decompressed = decompressed;
    }

    /// <summary>Builds the next field's array.</summary>
    public ArrayData Array(Field field)
    {
        var type = field.DataType;
        var node = _batch.Node(_node++);
        var (length, nulls) = ((int)node.Length, (int)node.NullCount);
        var validity = Validity(field, length, nulls);
        switch (ArrayLayouts.Of(type))
        {
            case ArrayLayout.VariableBytes:
                var offsets = Offsets(field, length, out var bytesEnd);
                var bytes = Buffer();
                if (bytesEnd > bytes.Length)
                    throw BatchMetadata.Corrupt($"the offsets of field '{field.Name}' end at {bytesEnd} and its data at {bytes.Length}");
                return new ArrayData(type, length, nulls, 0, [validity, offsets, bytes], []);
            case ArrayLayout.List:
                var lists = Offsets(field, length, out var elementsEnd);
                var elements = Array(((NestedType)type).Fields[0]);
                if (elementsEnd > elements.Length)
                    throw BatchMetadata.Corrupt($"the offsets of field '{field.Name}' end at {elementsEnd} and its elements at {elements.Length}");
                return new ArrayData(type, length, nulls, 0, [validity, lists], [elements]);
            case ArrayLayout.Struct:
                var fields = ((NestedType)type).Fields;
                var children = new ArrayData[fields.Count];
                for (var i = 0; i < children.Length; i++)
                    children[i] = Array(fields[i]);
                return new ArrayData(type, length, nulls, 0, [validity], children);
            default:
                return new ArrayData(type, length, nulls, 0, [validity, Buffer()], []);
        }
    }

    private ArrowBuffer Validity(Field field, int length, int nulls)
    {
        var bits = Buffer();
        if (nulls == 0)
            return ArrowBuffer.Empty;
        var valid = Bits.CountOnes(bits.Span, 0, length);
        return valid == length - nulls
            ? bits
            : throw BatchMetadata.Corrupt($"field '{field.Name}' says that {nulls} of its {length} values are null and marks {length - valid}");
    }

    private ArrowBuffer Offsets(Field field, int length, out int end)
    {
        var buffer = Buffer();
        if (length == 0)
        {
            end = 0;
            return new ArrowBuffer(NoOffsets);
        }

        var offsets = MemoryMarshal.Cast<byte, int>(buffer.Span)[..(length + 1)];
        end = offsets[length];
        if (offsets[0] < 0 || !Ascending.Is(offsets))
            throw BatchMetadata.Corrupt($"the offsets of field '{field.Name}' go back");
        return buffer;
    }

    private ArrowBuffer Buffer()
    {
        var range = _batch.Buffer(_buffer++);
        if (range.Length == 0)
            return ArrowBuffer.Empty;
        var bytes = (int)BatchChecker.PromisedBytes(_batch.Compression, range, _body.Span, out var compressed);
        var stored = _body.Slice((int)range.Offset, (int)range.Length);
        if (_batch.Compression == FrameCompression.None)
            return new ArrowBuffer(stored);
        if (!compressed)
            return new ArrowBuffer(stored[sizeof(long)..]);
        if (bytes == 0)
            return ArrowBuffer.Empty;

        var target = _decompressed.AsMemory(_decompressedEnd, bytes);
        _decompressedEnd += ArrowMessage.Align(bytes);
        BufferDecompressor.Decompress(_batch.Compression, stored.Span[sizeof(long)..], target.Span);
        return new ArrowBuffer(target);
    }
}
