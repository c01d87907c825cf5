using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>
/// Maps for Arrow's native library. A map's pairs and keys are never null, but where nobody counted, or below what no map uses, the arrays may seem to have nulls; the library ends the process over that. Keys that
/// maps use were checked with their frame.
/// </summary>
internal static class MapArrays
{
    /// <summary>The batch with the maps in it, at any depth, as <see cref="WithoutNullKeys"/> makes them; all else is shared, and is the batch's to dispose.</summary>
    public static RecordBatch Clean(RecordBatch batch) =>
        batch.Schema.FieldsList.Any(field => HasMap(field.DataType))
            ? new RecordBatch(batch.Schema, batch.Arrays.Select(array => ArrowArrayFactory.BuildArray(Clean(array.Data))), batch.Length)
            : batch;

    /// <summary>A map's pairs, said to be without nulls, as their keys are.</summary>
    public static ArrayData WithoutNullKeys(ArrayData pairs) =>
        WithoutNulls(pairs, [WithoutNulls(pairs.Children[0], pairs.Children[0].Children), .. pairs.Children.AsSpan(1)]);

    private static bool HasMap(IArrowType type) => type is MapType || (type is NestedType nested && nested.Fields.Any(field => HasMap(field.DataType)));

    private static ArrayData Clean(ArrayData data)
    {
        if (!HasMap(data.DataType))
            return data;
        ArrayData[] children = [.. data.Children.Select(Clean)];
        if (data.DataType is MapType)
            children[0] = WithoutNullKeys(children[0]);
        return new ArrayData(data.DataType, data.Length, data.NullCount, data.Offset, data.Buffers, children);
    }

    private static ArrayData WithoutNulls(ArrayData data, ArrayData[]? children) =>
        new(data.DataType, data.Length, nullCount: 0, data.Offset, [ArrowBuffer.Empty, .. data.Buffers.AsSpan(1)], children);
}
