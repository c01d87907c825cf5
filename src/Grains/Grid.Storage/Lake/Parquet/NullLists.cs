using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Arrow allows a list that is null to have elements all the same; Parquet's Arrow bridge refuses it. Such lists get new offsets, and elements that
/// belong to somebody only. Rare, so plain: whatever is fine already is shared.
/// </summary>
internal static class NullLists
{
    /// <summary>The array without elements under null lists and maps, at any depth.</summary>
    public static ArrayData Empty(ArrayData data)
    {
        if (data.DataType is not NestedType)
            return data;
        if (data.DataType is ListType or MapType && HasHidden(data))
            data = Compact(data);

        ArrayData[]? children = null;
        for (var i = 0; i < data.Children.Length; i++)
        {
            var child = Empty(data.Children[i]);
            if (!ReferenceEquals(child, data.Children[i]))
                (children ??= [.. data.Children])[i] = child;
        }

        return children is null ? data : new ArrayData(data.DataType, data.Length, data.NullCount, data.Offset, data.Buffers, children);
    }

    private static bool HasHidden(ArrayData data)
    {
        if (data.NullCount == 0 || data.Buffers[0].IsEmpty)
            return false;
        var offsets = ScalarArrays.Offsets(data);
        var validity = data.Buffers[0].Span;
        for (var i = 0; i < data.Length; i++)
            if (offsets[i] != offsets[i + 1] && !Bits.Get(validity, data.Offset + i))
                return true;
        return false;
    }

    private static ArrayData Compact(ArrayData data)
    {
        var offsets = ScalarArrays.Offsets(data);
        var validity = data.Buffers[0].Span;
        var bytes = new byte[(data.Length + 1) * sizeof(int)];
        var compact = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
        var runs = new List<IArrowArray>();
        var runStart = offsets[0];
        for (var i = 0; i < data.Length; i++)
        {
            var present = Bits.Get(validity, data.Offset + i);
            compact[i + 1] = compact[i] + (present ? offsets[i + 1] - offsets[i] : 0);
            if (present)
                continue;
            AddRun(runs, data.Children[0], runStart, offsets[i]);
            runStart = offsets[i + 1];
        }

        AddRun(runs, data.Children[0], runStart, offsets[data.Length]);
        var child = runs.Count == 0 ? data.Children[0].Slice(0, 0) : ArrowArrayConcatenator.Concatenate(runs).Data;
        return new ArrayData(data.DataType, data.Length, data.NullCount, offset: 0, [ArrayWidening.Validity(data), new ArrowBuffer(bytes)], [child]);
    }

    private static void AddRun(List<IArrowArray> runs, ArrayData child, int start, int end)
    {
        if (end > start)
            runs.Add(ArrowArrayFactory.BuildArray(child.Slice(start, end - start)));
    }
}
