using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>Arrays of a wider type as arrays of a narrower one, for readers that know a column from before it was widened. A value that does not fit is never changed to one that does.</summary>
internal static class ArrayNarrowing
{
    /// <summary>Narrows int64 to int32, float64 to float32 or a decimal to fewer digits; nulls may hide anything.</summary>
    /// <param name="data">The array.</param>
    /// <param name="from">Its type.</param>
    /// <param name="to">The type wanted, one that widens to <paramref name="from"/>.</param>
    /// <param name="arrow">The Arrow form of <paramref name="to"/>.</param>
    /// <param name="misfit">The first value that does not fit, as text; null where all do.</param>
    public static ArrayData Narrow(ArrayData data, DataType from, DataType to, IArrowType arrow, out string? misfit)
    {
        misfit = null;
        if (to.Kind == TypeKind.Decimal)
        {
            var units = ScalarArrays.Values<Int128>(data);
            for (var i = 0; i < units.Length; i++)
                if (!DecimalValues.Fits(units[i], to.Precision) && IsPresent(data, i))
                    misfit ??= DecimalValues.Format(units[i], from.Scale);
            return new ArrayData(arrow, data.Length, data.NullCount, data.Offset, data.Buffers, data.Children);
        }

        var bytes = new byte[data.Length * sizeof(int)];
        if (to.Kind == TypeKind.Int32)
        {
            var values = ScalarArrays.Values<long>(data);
            var narrow = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
            for (var i = 0; i < values.Length; i++)
            {
                narrow[i] = unchecked((int)values[i]);
                if (narrow[i] != values[i] && IsPresent(data, i))
                    misfit ??= values[i].ToString(CultureInfo.InvariantCulture);
            }
        }
        else
        {
            var values = ScalarArrays.Values<double>(data);
            var narrow = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
            for (var i = 0; i < values.Length; i++)
            {
                narrow[i] = (float)values[i];
                if (!((double)narrow[i]).Equals(values[i]) && IsPresent(data, i))
                    misfit ??= values[i].ToString("R", CultureInfo.InvariantCulture);
            }
        }

        return new ArrayData(arrow, data.Length, data.NullCount, offset: 0, [ArrayWidening.Validity(data), new ArrowBuffer(bytes)], null);
    }

    private static bool IsPresent(ArrayData data, int index) =>
        data.NullCount == 0 || data.Buffers[0].IsEmpty || Bits.Get(data.Buffers[0].Span, data.Offset + index);
}
