using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>How many bytes of its buffers an array covers: what its rows take, not what a shared buffer holds beside them.</summary>
internal static class ArrayBytes
{
    public static long Of(ArrayData data) => Of(data, 0, data.Length);

    /// <summary>Of some of its rows.</summary>
    public static long Of(ArrayData data, int start, int length)
    {
        var bytes = data.Buffers[0].IsEmpty ? 0L : Math.Max(1, length / 8);
        switch (data.DataType)
        {
            case StructType:
                foreach (var child in data.Children)
                    bytes += Of(child, data.Offset + start, length);
                return bytes;
            case ListType or MapType:
                var (first, count) = Range(data, start, length);
                return bytes + ((long)length * sizeof(int)) + Of(data.Children[0], first, count);
            case StringType or BinaryType:
                return bytes + ((long)length * sizeof(int)) + Range(data, start, length).Count;
            case BooleanType:
                return bytes + (length / 8);
            case FixedWidthType type:
                return bytes + ((long)length * type.BitWidth / 8);
            default:
                return bytes;
        }
    }

    private static (int First, int Count) Range(ArrayData data, int start, int length)
    {
        if (length == 0)
            return (0, 0);
        var offsets = ScalarArrays.Offsets(data);
        return (offsets[start], offsets[start + length] - offsets[start]);
    }
}
