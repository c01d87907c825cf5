using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>How an Arrow type's array lies in a message (Arrow's Columnar.rst, "Buffer listing for each layout").</summary>
internal enum ArrayLayout
{
    /// <summary>Validity, values of a fixed number of bytes.</summary>
    FixedWidth,

    /// <summary>Validity, a bit a value.</summary>
    Bits,

    /// <summary>Validity, int32 offsets, bytes.</summary>
    VariableBytes,

    /// <summary>Validity, int32 offsets; one child. Also maps, whose child is a struct of key and value.</summary>
    List,

    /// <summary>Validity; children of the same length.</summary>
    Struct,
}

/// <summary>What can be said of an Arrow type's layout.</summary>
internal static class ArrayLayouts
{
    /// <summary>Deepest nesting of Arrow arrays: a map is two levels deep.</summary>
    public const int DepthMax = (2 * DataType.DepthMax) + 1;

    public static ArrayLayout Of(IArrowType type) => type.TypeId switch
    {
        ArrowTypeId.Boolean => ArrayLayout.Bits,
        ArrowTypeId.String or ArrowTypeId.Binary => ArrayLayout.VariableBytes,
        ArrowTypeId.List or ArrowTypeId.Map => ArrayLayout.List,
        ArrowTypeId.Struct => ArrayLayout.Struct,
        _ when type is FixedWidthType => ArrayLayout.FixedWidth,
        _ => throw new GridException(GridErrorCode.SchemaMismatch, $"Frames have no columns of the Arrow type {type.Name}; convert it to a type of the table's schema."),
    };

    /// <summary>Bytes of one value of a fixed-width type.</summary>
    public static int WidthOf(IArrowType type) => ((FixedWidthType)type).BitWidth / 8;

    /// <summary>Buffers of an array itself, its children not counted.</summary>
    public static int BufferCount(ArrayLayout layout) => layout switch
    {
        ArrayLayout.VariableBytes => 3,
        ArrayLayout.Struct => 1,
        _ => 2,
    };

    /// <summary>Field nodes and buffers of a column with everything nested in it.</summary>
    public static (int Nodes, int Buffers) Count(DataType type)
    {
        var (nodes, buffers) = type.Kind switch
        {
            TypeKind.String or TypeKind.Binary => (1, 3),
            TypeKind.Struct => (1, 1),
            TypeKind.Map => (2, 3),
            _ => (1, 2),
        };
        foreach (var child in type.Children)
        {
            var (childNodes, childBuffers) = Count(child.Type);
            nodes += childNodes;
            buffers += childBuffers;
        }

        return (nodes, buffers);
    }

    /// <summary>Whether arrays of both types hold the same: names, ids and nullability aside.</summary>
    public static bool Same(IArrowType left, IArrowType right)
    {
        if (ReferenceEquals(left, right))
            return true;
        if (left.TypeId != right.TypeId)
            return false;
        return (left, right) switch
        {
            (Decimal128Type a, Decimal128Type b) => a.Precision == b.Precision && a.Scale == b.Scale,
            (FixedSizeBinaryType a, FixedSizeBinaryType b) => a.ByteWidth == b.ByteWidth,
            (Time64Type a, Time64Type b) => a.Unit == b.Unit,
            (TimestampType a, TimestampType b) => a.Unit == b.Unit && string.IsNullOrEmpty(a.Timezone) == string.IsNullOrEmpty(b.Timezone),
            (NestedType a, NestedType b) => SameChildren(a, b),
            _ => true,
        };
    }

    private static bool SameChildren(NestedType left, NestedType right)
    {
        if (left.Fields.Count != right.Fields.Count)
            return false;
        for (var i = 0; i < left.Fields.Count; i++)
            if (!Same(left.Fields[i].DataType, right.Fields[i].DataType))
                return false;
        return true;
    }
}
