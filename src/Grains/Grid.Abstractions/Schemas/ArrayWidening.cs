using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>Arrays of a narrower type as arrays of a wider one.</summary>
internal static class ArrayWidening
{
    /// <summary>Widens int32 to int64 or float32 to float64 into new memory; a decimal's bytes serve every precision and are shared.</summary>
    public static ArrayData Widen(ArrayData data, IArrowType to)
    {
        if (to is Decimal128Type)
            return new ArrayData(to, data.Length, data.NullCount, data.Offset, data.Buffers, data.Children);

        // What stands under nulls is widened too: skipping it would cost more.
        var bytes = new byte[data.Length * sizeof(long)];
        if (to is Int64Type)
        {
            var values = ScalarArrays.Values<int>(data);
            var wide = MemoryMarshal.Cast<byte, long>(bytes.AsSpan());
            for (var i = 0; i < values.Length; i++)
                wide[i] = values[i];
        }
        else
        {
            var values = ScalarArrays.Values<float>(data);
            var wide = MemoryMarshal.Cast<byte, double>(bytes.AsSpan());
            for (var i = 0; i < values.Length; i++)
                wide[i] = values[i];
        }

        return new ArrayData(to, data.Length, data.NullCount, offset: 0, [Validity(data), new ArrowBuffer(bytes)], null);
    }

    /// <summary>The null bits for values that begin at 0: the bits must as well.</summary>
    internal static ArrowBuffer Validity(ArrayData data)
    {
        var bits = data.Buffers[0];
        if (bits.IsEmpty || data.Offset == 0)
            return bits;
        var source = bits.Span[(data.Offset / 8)..];
        var moved = new byte[(data.Length + 7) / 8];
        var shift = data.Offset % 8;
        for (var i = 0; i < moved.Length; i++)
        {
            var next = shift > 0 && i + 1 < source.Length ? source[i + 1] << (8 - shift) : 0;
            moved[i] = (byte)((source[i] >> shift) | next);
        }

        return new ArrowBuffer(moved);
    }
}
