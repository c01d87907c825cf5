using System.Numerics;
using System.Runtime.InteropServices;

namespace Grid.Abstractions;

/// <summary>
/// SQL's three truth values, one byte a row, in an order in which AND is the minimum, OR the maximum and NOT the distance from true; and sets of
/// them as bits, for what a frame's rows may turn out to be.
/// </summary>
internal static class Truth
{
    public const byte False = 0;
    public const byte Unknown = 1;
    public const byte True = 2;

    public const int MayBeFalse = 1 << False;
    public const int MayBeUnknown = 1 << Unknown;
    public const int MayBeTrue = 1 << True;
    public const int MayBeAny = MayBeFalse | MayBeUnknown | MayBeTrue;

    public static void And(Span<byte> rows, ReadOnlySpan<byte> other)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector<byte>>(rows);
        var others = MemoryMarshal.Cast<byte, Vector<byte>>(other);
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] = Vector.Min(vectors[i], others[i]);
        for (var i = vectors.Length * Vector<byte>.Count; i < rows.Length; i++)
            rows[i] = Math.Min(rows[i], other[i]);
    }

    public static void Or(Span<byte> rows, ReadOnlySpan<byte> other)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector<byte>>(rows);
        var others = MemoryMarshal.Cast<byte, Vector<byte>>(other);
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] = Vector.Max(vectors[i], others[i]);
        for (var i = vectors.Length * Vector<byte>.Count; i < rows.Length; i++)
            rows[i] = Math.Max(rows[i], other[i]);
    }

    public static void Not(Span<byte> rows)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector<byte>>(rows);
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] = new Vector<byte>(True) - vectors[i];
        for (var i = vectors.Length * Vector<byte>.Count; i < rows.Length; i++)
            rows[i] = (byte)(True - rows[i]);
    }

    /// <summary>What AND of any of <paramref name="left"/> and any of <paramref name="right"/> may be.</summary>
    public static int And(int left, int right) => Combine(left, right, Math.Min);

    /// <summary>What OR of any of <paramref name="left"/> and any of <paramref name="right"/> may be.</summary>
    public static int Or(int left, int right) => Combine(left, right, Math.Max);

    /// <summary>What NOT of any of <paramref name="values"/> may be.</summary>
    public static int Not(int values) =>
        (values & MayBeUnknown) | ((values & MayBeTrue) != 0 ? MayBeFalse : 0) | ((values & MayBeFalse) != 0 ? MayBeTrue : 0);

    private static int Combine(int left, int right, Func<int, int, int> combine)
    {
        var result = 0;
        for (int l = False; l <= True; l++)
            for (int r = False; r <= True; r++)
                if ((left >> l & right >> r & 1) != 0)
                    result |= 1 << combine(l, r);
        return result;
    }
}
