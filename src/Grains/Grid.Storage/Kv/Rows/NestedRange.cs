using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// The encoding of nested values (docs/formats.md, "Row"): a <i>range</i> of n values of one type, column by column, so that a list of a million
/// numbers is one copy. A range is ceil(n/8) null bits (1 = null), then its <i>body</i>:
/// <code>
/// boolean         ceil(n/8) bits                     list  n ends (uint32, in elements), range of the elements
/// fixed width w   n * w bytes                        map   n ends, range of the keys, range of the values
/// string, binary  n ends (uint32), the bytes         struct  a range of n for each field
/// </code>
/// A nested column's value in a row is a body of n = 1.
/// </summary>
internal static class NestedRange
{
    /// <summary>Bytes of the body of <paramref name="count"/> values from <paramref name="start"/>.</summary>
    public static int MeasureBody(DataType type, ArrayData data, int start, int count)
    {
        var at = data.Offset + start;
        switch (RowLayout.KindOf(type.Kind))
        {
            case SlotKind.Bit:
                return Bits(count);
            case SlotKind.Fixed:
                return checked(count * RowLayout.WidthOf(type));
            case SlotKind.Variable:
                var ends = Ends(data, at, count);
                return checked((4 * count) + ends[count] - ends[0]);
        }

        if (type.Kind == TypeKind.Struct)
        {
            var fields = 0;
            for (var i = 0; i < type.Children.Length; i++)
                fields = checked(fields + Measure(type.Children[i].Type, data.Children[i], at, count));
            return fields;
        }

        var elements = Ends(data, at, count);
        var first = elements[0];
        var total = elements[count] - first;
        if (type.Kind == TypeKind.List)
            return checked((4 * count) + Measure(type.Children[0].Type, data.Children[0], first, total));
        var entries = data.Children[0];
        return checked((4 * count)
            + Measure(type.Children[0].Type, entries.Children[0], entries.Offset + first, total)
            + Measure(type.Children[1].Type, entries.Children[1], entries.Offset + first, total));
    }

    /// <summary>Writes what <see cref="MeasureBody"/> measured; answers the bytes written.</summary>
    public static int WriteBody(DataType type, ArrayData data, int start, int count, Span<byte> destination)
    {
        var at = data.Offset + start;
        switch (RowLayout.KindOf(type.Kind))
        {
            case SlotKind.Bit:
                return WriteBits(data.Buffers[1].Span, at, count, Validity(data), destination);
            case SlotKind.Fixed:
                var width = RowLayout.WidthOf(type);
                data.Buffers[1].Span.Slice(at * width, count * width).CopyTo(destination);
                var validity = Validity(data);
                for (var i = 0; !validity.IsEmpty && i < count; i++)
                    if (!BitUtility.GetBit(validity, at + i))
                        destination.Slice(i * width, width).Clear();
                return count * width;
            case SlotKind.Variable:
                var ends = Ends(data, at, count);
                var bytes = data.Buffers[2].Span[ends[0]..ends[count]];
                bytes.CopyTo(destination[WriteEnds(ends, destination)..]);
                return (4 * count) + bytes.Length;
        }

        var written = 0;
        if (type.Kind == TypeKind.Struct)
        {
            for (var i = 0; i < type.Children.Length; i++)
                written += Write(type.Children[i].Type, data.Children[i], at, count, destination[written..]);
            return written;
        }

        var elements = Ends(data, at, count);
        var first = elements[0];
        var total = elements[count] - first;
        written = WriteEnds(elements, destination);
        if (type.Kind == TypeKind.List)
            return written + Write(type.Children[0].Type, data.Children[0], first, total, destination[written..]);
        var entries = data.Children[0];
        written += Write(type.Children[0].Type, entries.Children[0], entries.Offset + first, total, destination[written..]);
        return written + Write(type.Children[1].Type, entries.Children[1], entries.Offset + first, total, destination[written..]);
    }

    /// <summary>Bytes of so many bits.</summary>
    public static int Bits(int count) => (count + 7) >> 3;

    /// <summary>The validity bits (1 = valid) of an array; empty where none is null.</summary>
    public static ReadOnlySpan<byte> Validity(ArrayData data) => data.NullCount == 0 || data.Buffers.Length == 0 ? default : data.Buffers[0].Span;

    private static int Measure(DataType type, ArrayData data, int start, int count) => checked(Bits(count) + MeasureBody(type, data, start, count));

    private static int Write(DataType type, ArrayData data, int start, int count, Span<byte> destination)
    {
        var validity = Validity(data);
        var nulls = destination[..Bits(count)];
        nulls.Clear();
        for (var i = 0; !validity.IsEmpty && i < count; i++)
            if (!BitUtility.GetBit(validity, data.Offset + start + i))
                nulls[i >> 3] |= (byte)(1 << (i & 7));
        return nulls.Length + WriteBody(type, data, start, count, destination[nulls.Length..]);
    }

    /// <summary>count + 1 offsets; an array of no values may have none at all.</summary>
    private static ReadOnlySpan<int> Ends(ArrayData data, int at, int count) =>
        count == 0 && data.Buffers[1].Length == 0 ? [0] : MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span).Slice(at, count + 1);

    private static int WriteEnds(ReadOnlySpan<int> ends, Span<byte> destination)
    {
        for (var i = 1; i < ends.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(destination[(4 * (i - 1))..], ends[i] - ends[0]);
        return 4 * (ends.Length - 1);
    }

    private static int WriteBits(ReadOnlySpan<byte> bits, int at, int count, ReadOnlySpan<byte> validity, Span<byte> destination)
    {
        var target = destination[..Bits(count)];
        target.Clear();
        for (var i = 0; i < count; i++)
            if (BitUtility.GetBit(bits, at + i) && (validity.IsEmpty || BitUtility.GetBit(validity, at + i)))
                target[i >> 3] |= (byte)(1 << (i & 7));
        return target.Length;
    }
}
