using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Keys;

/// <summary>Copies rows of several batches into one, in any order, column by column and nested ones too. Nothing of it shares memory with its sources.</summary>
internal static class RowGather
{
    /// <summary>The rows of one column.</summary>
    /// <param name="type">The column's type, that of every source.</param>
    /// <param name="sources">The column in each batch.</param>
    /// <param name="picks">The rows wanted, in order.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.TooLarge"/>: text, or the items of lists, are more than an array can have; ask for fewer rows at once.</exception>
    public static ArrayData Gather(IArrowType type, ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks)
    {
        var (validity, nulls) = Validity(sources, picks);
        return ArrayLayouts.Of(type) switch
        {
            ArrayLayout.FixedWidth => new ArrayData(type, picks.Length, nulls, 0, [validity, FixedWidth(ArrayLayouts.WidthOf(type), sources, picks)], null),
            ArrayLayout.Bits => new ArrayData(type, picks.Length, nulls, 0, [validity, Bitmap(sources, picks, 1)], null),
            ArrayLayout.VariableBytes => VariableBytes(type, sources, picks, validity, nulls),
            ArrayLayout.List => List(type, sources, picks, validity, nulls),
            _ => Struct((StructType)type, sources, picks, validity, nulls),
        };
    }

    private static (ArrowBuffer Bitmap, int Nulls) Validity(ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks)
    {
        var may = false;
        foreach (var source in sources)
            may |= !source.Buffers[0].IsEmpty;
        if (!may)
            return (ArrowBuffer.Empty, 0);
        var bytes = new byte[(picks.Length + 7) / 8];
        var nulls = 0;
        for (var i = 0; i < picks.Length; i++)
        {
            if (IsValid(sources[picks[i].Source], picks[i].Row))
                bytes[i >> 3] |= (byte)(1 << (i & 7));
            else
                nulls++;
        }

        return nulls == 0 ? (ArrowBuffer.Empty, 0) : (new ArrowBuffer(bytes), nulls);
    }

    private static bool IsValid(ArrayData source, int row) => source.Buffers[0].IsEmpty || Bits.Get(source.Buffers[0].Span, source.Offset + row);

    private static ArrowBuffer Bitmap(ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks, int buffer)
    {
        var bytes = new byte[(picks.Length + 7) / 8];
        for (var i = 0; i < picks.Length; i++)
        {
            var source = sources[picks[i].Source];
            if (Bits.Get(source.Buffers[buffer].Span, source.Offset + picks[i].Row))
                bytes[i >> 3] |= (byte)(1 << (i & 7));
        }

        return new ArrowBuffer(bytes);
    }

    private static ArrowBuffer FixedWidth(int width, ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks) => width switch
    {
        1 => Values<byte>(sources, picks),
        2 => Values<short>(sources, picks),
        4 => Values<int>(sources, picks),
        8 => Values<long>(sources, picks),
        16 => Values<Int128>(sources, picks),
        _ => Values(width, sources, picks),
    };

    private static ArrowBuffer Values<T>(ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks)
        where T : unmanaged
    {
        var bytes = GC.AllocateUninitializedArray<byte>(picks.Length * Marshal.SizeOf<T>());
        var values = MemoryMarshal.Cast<byte, T>(bytes.AsSpan());
        for (var i = 0; i < values.Length; i++)
        {
            var source = sources[picks[i].Source];
            values[i] = MemoryMarshal.Cast<byte, T>(source.Buffers[1].Span)[source.Offset + picks[i].Row];
        }

        return new ArrowBuffer(bytes);
    }

    private static ArrowBuffer Values(int width, ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(checked(picks.Length * width));
        for (var i = 0; i < picks.Length; i++)
        {
            var source = sources[picks[i].Source];
            source.Buffers[1].Span.Slice((source.Offset + picks[i].Row) * width, width).CopyTo(bytes.AsSpan(i * width));
        }

        return new ArrowBuffer(bytes);
    }

    private static ArrayData VariableBytes(IArrowType type, ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks, ArrowBuffer validity, int nulls)
    {
        var (offsets, total) = Offsets(sources, picks);
        var bytes = GC.AllocateUninitializedArray<byte>(total);
        var at = 0;
        foreach (var pick in picks)
        {
            var source = sources[pick.Source];
            var (start, length) = Range(source, pick.Row);
            source.Buffers[2].Span.Slice(start, length).CopyTo(bytes.AsSpan(at));
            at += length;
        }

        return new ArrayData(type, picks.Length, nulls, 0, [validity, offsets, new ArrowBuffer(bytes)], null);
    }

    private static ArrayData List(IArrowType type, ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks, ArrowBuffer validity, int nulls)
    {
        var (offsets, total) = Offsets(sources, picks);
        var items = new RowPick[total];
        var at = 0;
        foreach (var pick in picks)
        {
            var (start, length) = Range(sources[pick.Source], pick.Row);
            for (var i = 0; i < length; i++)
                items[at++] = new RowPick(pick.Source, start + i);
        }

        var child = Gather(type is MapType map ? map.KeyValueType : ((ListType)type).ValueDataType, Children(sources, 0), items);
        return new ArrayData(type, picks.Length, nulls, 0, [validity, offsets], [child]);
    }

    private static ArrayData Struct(StructType type, ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks, ArrowBuffer validity, int nulls)
    {
        // A struct's place counts in its children too.
        var inner = new RowPick[picks.Length];
        for (var i = 0; i < inner.Length; i++)
            inner[i] = picks[i] with { Row = sources[picks[i].Source].Offset + picks[i].Row };
        var children = new ArrayData[type.Fields.Count];
        for (var i = 0; i < children.Length; i++)
            children[i] = Gather(type.Fields[i].DataType, Children(sources, i), inner);
        return new ArrayData(type, picks.Length, nulls, 0, [validity], children);
    }

    private static ArrayData[] Children(ReadOnlySpan<ArrayData> sources, int index)
    {
        var children = new ArrayData[sources.Length];
        for (var i = 0; i < children.Length; i++)
            children[i] = sources[i].Children[index];
        return children;
    }

    private static (ArrowBuffer Offsets, int Total) Offsets(ReadOnlySpan<ArrayData> sources, ReadOnlySpan<RowPick> picks)
    {
        var bytes = GC.AllocateUninitializedArray<byte>((picks.Length + 1) * sizeof(int));
        var offsets = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        var total = 0L;
        for (var i = 0; i < picks.Length; i++)
        {
            offsets[i] = (int)total;
            total += Range(sources[picks[i].Source], picks[i].Row).Length;
            if (total > System.Array.MaxLength)
                throw new GridException(GridErrorCode.TooLarge, $"{picks.Length} rows have more than {System.Array.MaxLength} bytes or items in one column; gather fewer rows at once.");
        }

        offsets[^1] = (int)total;
        return (new ArrowBuffer(bytes), (int)total);
    }

    /// <summary>Where a row's bytes or items are; a null has none, whatever its offsets say.</summary>
    private static (int Start, int Length) Range(ArrayData source, int row)
    {
        if (!IsValid(source, row))
            return (0, 0);
        var offsets = MemoryMarshal.Cast<byte, int>(source.Buffers[1].Span)[(source.Offset + row)..];
        return (offsets[0], offsets[1] - offsets[0]);
    }
}
