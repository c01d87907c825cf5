using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Arrays as a lake file stores them and back: small integers become int32 and return, nested arrays take the fields (and their ids) of the type
/// wanted. All else is shared, not copied.
/// </summary>
internal static class LakeArrays
{
    /// <summary>Gives an array another type of the same shape, small integers aside.</summary>
    public static ArrayData Reshape(ArrayData data, IArrowType to)
    {
        switch (data.DataType, to)
        {
            case (Int8Type, Int32Type):
                return Convert<sbyte, int>(data, to);
            case (Int16Type, Int32Type):
                return Convert<short, int>(data, to);
            // A lake's int32 that is read as a small integer was one: types only widen, and never from these.
            case (Int32Type, Int8Type):
                return Convert<int, sbyte>(data, to);
            case (Int32Type, Int16Type):
                return Convert<int, short>(data, to);
            case (_, NestedType nested):
                return Nested(data, nested);
            default:
                return ReferenceEquals(data.DataType, to) ? data : Rebuild(data, to, data.Children);
        }
    }

    private static ArrayData Nested(ArrayData data, NestedType to)
    {
        var children = new ArrayData[data.Children.Length];
        for (var i = 0; i < children.Length; i++)
            children[i] = Reshape(data.Children[i], ChildType(to, i));
        if (to is MapType)
            children[0] = MapArrays.WithoutNullKeys(children[0]);
        return Rebuild(data, to, children);
    }

    // A map's only child is the struct of its keys and values.
    private static IArrowType ChildType(NestedType type, int index) => type is MapType map ? map.KeyValueType : type.Fields[index].DataType;

    private static ArrayData Rebuild(ArrayData data, IArrowType to, ArrayData[]? children) => new(to, data.Length, data.NullCount, data.Offset, data.Buffers, children);

    private static ArrayData Convert<TFrom, TTo>(ArrayData data, IArrowType to)
        where TFrom : unmanaged, IBinaryInteger<TFrom>
        where TTo : unmanaged, IBinaryInteger<TTo>
    {
        // What stands under nulls may be anything, so it is cut rather than checked.
        var values = ScalarArrays.Values<TFrom>(data);
        var bytes = GC.AllocateUninitializedArray<byte>(values.Length * Marshal.SizeOf<TTo>());
        var converted = MemoryMarshal.Cast<byte, TTo>(bytes.AsSpan());
        for (var i = 0; i < values.Length; i++)
            converted[i] = TTo.CreateTruncating(values[i]);
        return new ArrayData(to, data.Length, data.NullCount, offset: 0, [ArrayWidening.Validity(data), new ArrowBuffer(bytes)], null);
    }
}
