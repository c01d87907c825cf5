using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>
/// The field nodes and buffers of a record batch in the order of Arrow's message, found before anything is written: so the frame's block is rented
/// once. Slices are resolved here (Columnar.rst: a message's arrays begin at 0). Reused from frame to frame.
/// </summary>
internal sealed class BodyPlan
{
    private readonly List<FieldNode> _nodes = [];
    private readonly List<BodyBuffer> _buffers = [];

    public ReadOnlySpan<FieldNode> Nodes => CollectionsMarshal.AsSpan(_nodes);

    public ReadOnlySpan<BodyBuffer> Buffers => CollectionsMarshal.AsSpan(_buffers);

    /// <summary>Bytes of all buffers, each aligned.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of the largest buffer.</summary>
    public int LargestBytes { get; private set; }

    /// <summary>Forgets the last frame and its arrays.</summary>
    public void Clear()
    {
        _nodes.Clear();
        _buffers.Clear();
        Bytes = 0;
        LargestBytes = 0;
    }

    /// <summary>Adds a column; answers its nulls.</summary>
    public int AddColumn(Field field, ArrayData data)
    {
        var nulls = Add(field, data, 0, data.Length);
        if (nulls > 0 && !field.IsNullable)
            throw NestedNulls.Refusal(field, NestedNulls.FirstNull(data));
        return nulls;
    }

    private int Add(Field field, ArrayData data, int start, int length)
    {
        if (start < 0 || length < 0 || start > data.Length - length)
            throw Malformed(field, $"elements {start} to {start + (long)length} of {data.Length} are asked for");
        var from = data.Offset + start;
        var nulls = data.NullCount == 0 || data.Buffers[0].IsEmpty ? 0 : length - Bits.CountOnes(data.Buffers[0].Span, from, length);
        _nodes.Add(new FieldNode(length, nulls));
        Add(nulls == 0 ? BodyBuffer.Empty : BodyBuffer.Bits(data.Buffers[0], from, length));

        var type = field.DataType;
        switch (ArrayLayouts.Of(type))
        {
            case ArrayLayout.FixedWidth:
                var width = ArrayLayouts.WidthOf(type);
                Require(field, data.Buffers[1], (from + (long)length) * width, length);
                Add(BodyBuffer.Copy(data.Buffers[1], from * width, length * width));
                break;
            case ArrayLayout.Bits:
                Require(field, data.Buffers[1], (from + length + 7L) / 8, length);
                Add(BodyBuffer.Bits(data.Buffers[1], from, length));
                break;
            case ArrayLayout.VariableBytes:
                var (bytesFrom, bytesTo) = AddOffsets(field, data.Buffers[1], from, length);
                Require(field, data.Buffers[2], bytesTo, bytesTo);
                Add(BodyBuffer.Copy(data.Buffers[2], bytesFrom, bytesTo - bytesFrom));
                break;
            case ArrayLayout.List:
                var (elementsFrom, elementsTo) = AddOffsets(field, data.Buffers[1], from, length);
                var element = ((NestedType)type).Fields[0];
                if (Add(element, data.Children[0], elementsFrom, elementsTo - elementsFrom) > 0 && !element.IsNullable)
                    NestedNulls.CheckList(element, data, start, length);
                break;
            case ArrayLayout.Struct:
                var children = ((NestedType)type).Fields;
                for (var i = 0; i < children.Count; i++)
                    if (Add(children[i], data.Children[i], from, length) > 0 && !children[i].IsNullable)
                        NestedNulls.CheckStruct(children[i], data, data.Children[i], start, length);
                break;
        }

        return nulls;
    }

    private (int From, int To) AddOffsets(Field field, ArrowBuffer buffer, int from, int length)
    {
        Require(field, buffer, (from + length + 1L) * sizeof(int), length);
        Add(BodyBuffer.Offsets(buffer, from, length));
        if (length == 0)
            return (0, 0);
        var offsets = MemoryMarshal.Cast<byte, int>(buffer.Span);
        var (first, last) = (offsets[from], offsets[from + length]);
        return first >= 0 && last >= first ? (first, last) : throw Malformed(field, $"its offsets go from {first} to {last}");
    }

    private void Add(BodyBuffer buffer)
    {
        _buffers.Add(buffer);
        Bytes += ArrowMessage.Align((long)buffer.Bytes);
        LargestBytes = Math.Max(LargestBytes, buffer.Bytes);
    }

    private static void Require(Field field, ArrowBuffer buffer, long bytes, int count)
    {
        if (count > 0 && buffer.Length < bytes)
            throw Malformed(field, $"a buffer has {buffer.Length} bytes and needs {bytes}");
    }

    private static GridException Malformed(Field field, string what) =>
        new(GridErrorCode.SchemaMismatch, $"The array of field '{field.Name}' is malformed: {what}.");
}
