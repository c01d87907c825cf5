using System.Numerics;

namespace Grid.Abstractions;

/// <summary>
/// Lowest and highest value of a column, nulls left out; at least one row has a value. <c>valid</c> is the validity bitmap, empty where nothing is
/// null; <c>from</c> is the bit of the first row in it.
/// </summary>
internal static class MinMax
{
    /// <summary>Of numbers, a vector at a time where nothing is null; false where one is not a number.</summary>
    public static bool TryFind<T>(ReadOnlySpan<T> values, ReadOnlySpan<byte> valid, int from, out T min, out T max)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        // A column may hold nothing but an infinity, which lies outside MinValue..MaxValue.
        min = IsFloat<T>() ? T.CreateChecked(double.PositiveInfinity) : T.MaxValue;
        max = IsFloat<T>() ? T.CreateChecked(double.NegativeInfinity) : T.MinValue;
        if (!valid.IsEmpty)
            return TryFindValid(values, valid, from, ref min, ref max);

        var i = 0;
        if (Vector<T>.IsSupported && values.Length >= Vector<T>.Count)
        {
            var low = new Vector<T>(values);
            var high = low;
            for (; i + Vector<T>.Count <= values.Length; i += Vector<T>.Count)
            {
                var vector = new Vector<T>(values[i..]);
                if (IsFloat<T>() && !Vector.EqualsAll(vector, vector))
                    return false;
                low = Vector.Min(low, vector);
                high = Vector.Max(high, vector);
            }

            for (var lane = 0; lane < Vector<T>.Count; lane++)
            {
                min = T.Min(min, low[lane]);
                max = T.Max(max, high[lane]);
            }
        }

        for (; i < values.Length; i++)
            if (!TryTake(values[i], ref min, ref max))
                return false;
        return true;
    }

    /// <summary>Of booleans.</summary>
    public static void OfBits(ReadOnlySpan<byte> values, ReadOnlySpan<byte> valid, int from, int count, out bool min, out bool max)
    {
        min = true;
        max = false;
        for (var i = 0; i < count; i += 64)
        {
            var bits = Math.Min(64, count - i);
            var word = Bits.Word(values, from + i, bits);
            var mask = valid.IsEmpty ? (bits == 64 ? ulong.MaxValue : (1UL << bits) - 1) : Bits.Word(valid, from + i, bits);
            max |= (word & mask) != 0;
            min &= (word & mask) == mask;
        }
    }

    /// <summary>Of text or bytes, by the order of their bytes.</summary>
    public static void OfVariable(
        ReadOnlySpan<int> offsets, ReadOnlySpan<byte> data, ReadOnlySpan<byte> valid, int from, out ReadOnlySpan<byte> min, out ReadOnlySpan<byte> max)
    {
        min = max = default;
        var any = false;
        for (var i = 0; i + 1 < offsets.Length; i++)
        {
            if (!valid.IsEmpty && !Bits.Get(valid, from + i))
                continue;
            var value = data[offsets[i]..offsets[i + 1]];
            Take(value, any, ref min, ref max);
            any = true;
        }
    }

    /// <summary>Of fixed binaries, by the order of their bytes.</summary>
    public static void OfFixed(ReadOnlySpan<byte> data, int width, ReadOnlySpan<byte> valid, int from, out ReadOnlySpan<byte> min, out ReadOnlySpan<byte> max)
    {
        min = max = default;
        var any = false;
        for (var i = 0; i < data.Length / width; i++)
        {
            if (!valid.IsEmpty && !Bits.Get(valid, from + i))
                continue;
            Take(data.Slice(i * width, width), any, ref min, ref max);
            any = true;
        }
    }

    private static void Take(ReadOnlySpan<byte> value, bool any, ref ReadOnlySpan<byte> min, ref ReadOnlySpan<byte> max)
    {
        if (!any)
            min = max = value;
        else if (value.SequenceCompareTo(min) < 0)
            min = value;
        else if (value.SequenceCompareTo(max) > 0)
            max = value;
    }

    private static bool TryFindValid<T>(ReadOnlySpan<T> values, ReadOnlySpan<byte> valid, int from, ref T min, ref T max)
        where T : unmanaged, INumber<T>
    {
        for (var i = 0; i < values.Length; i += 64)
            for (var word = Bits.Word(valid, from + i, Math.Min(64, values.Length - i)); word != 0; word &= word - 1)
                if (!TryTake(values[i + BitOperations.TrailingZeroCount(word)], ref min, ref max))
                    return false;
        return true;
    }

    private static bool TryTake<T>(T value, ref T min, ref T max)
        where T : unmanaged, INumber<T>
    {
        if (T.IsNaN(value))
            return false;
        if (value < min)
            min = value;
        if (value > max)
            max = value;
        return true;
    }

    private static bool IsFloat<T>() => typeof(T) == typeof(float) || typeof(T) == typeof(double);
}
