using System.Runtime.InteropServices;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// Finds nulls where a field allows none. Nested fields may hide nulls: below a null struct or list anything may stand, so only those count whose
/// parent is there. Slow and exact; used only where a non-nullable field has nulls at all.
/// </summary>
internal static class NestedNulls
{
    /// <summary>The first null of an array that has one.</summary>
    public static int FirstNull(ArrayData data)
    {
        for (var i = 0; i < data.Length; i++)
            if (IsNull(data, i))
                return i;
        return -1;
    }

    /// <summary>Refuses nulls of a struct's child in rows where the struct is there.</summary>
    public static void CheckStruct(Field field, ArrayData parent, ArrayData child, int start, int length)
    {
        for (var i = start; i < start + length; i++)
            if (!IsNull(parent, i) && IsNull(child, parent.Offset + i))
                throw Refusal(field, i);
    }

    /// <summary>Refuses nulls among the elements of lists that are there.</summary>
    public static void CheckList(Field field, ArrayData parent, int start, int length)
    {
        var offsets = MemoryMarshal.Cast<byte, int>(parent.Buffers[1].Span)[parent.Offset..];
        for (var i = start; i < start + length; i++)
            for (var j = offsets[i]; j < offsets[i + 1] && !IsNull(parent, i); j++)
                if (IsNull(parent.Children[0], j))
                    throw Refusal(field, i);
    }

    public static GridException Refusal(Field field, int index) =>
        new(GridErrorCode.NullNotAllowed, $"Field '{field.Name}' is null in row {index} and allows no nulls; give a value.") { Detail = index };

    private static bool IsNull(ArrayData data, int index) =>
        data.NullCount != 0 && !data.Buffers[0].IsEmpty && !Bits.Get(data.Buffers[0].Span, data.Offset + index);
}
