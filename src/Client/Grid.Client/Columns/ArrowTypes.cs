using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Client.Columns;

/// <summary>Whether arrays of two Arrow types have the same layout and meaning; names and metadata of nested fields do not matter.</summary>
internal static class ArrowTypes
{
    public static bool Same(IArrowType left, IArrowType right)
    {
        if (left.TypeId != right.TypeId)
            return false;
        return (left, right) switch
        {
            (Decimal128Type a, Decimal128Type b) => a.Precision == b.Precision && a.Scale == b.Scale,
            (FixedSizeBinaryType a, FixedSizeBinaryType b) => a.ByteWidth == b.ByteWidth,
            (TimestampType a, TimestampType b) => a.Unit == b.Unit && string.IsNullOrEmpty(a.Timezone) == string.IsNullOrEmpty(b.Timezone),
            (Time64Type a, Time64Type b) => a.Unit == b.Unit,
            (NestedType a, NestedType b) => SameFields(a.Fields, b.Fields),
            _ => true,
        };
    }

    private static bool SameFields(IReadOnlyList<Field> left, IReadOnlyList<Field> right)
    {
        if (left.Count != right.Count)
            return false;
        for (var i = 0; i < left.Count; i++)
            if (!Same(left[i].DataType, right[i].DataType))
                return false;
        return true;
    }
}
