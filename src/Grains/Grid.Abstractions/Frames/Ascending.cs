using System.Numerics;

namespace Grid.Abstractions;

/// <summary>Whether offsets never go back; a vector at a time.</summary>
internal static class Ascending
{
    public static bool Is(ReadOnlySpan<int> offsets)
    {
        var i = 1;
        for (; i + Vector<int>.Count <= offsets.Length; i += Vector<int>.Count)
            if (Vector.GreaterThanAny(new Vector<int>(offsets[(i - 1)..]), new Vector<int>(offsets[i..])))
                return false;
        for (; i < offsets.Length; i++)
            if (offsets[i - 1] > offsets[i])
                return false;
        return true;
    }
}
