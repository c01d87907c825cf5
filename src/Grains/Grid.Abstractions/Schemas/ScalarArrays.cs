using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>The values of scalar columns' arrays as spans, and whether an array holds them as Grid stores them.</summary>
internal static class ScalarArrays
{
    /// <summary>Values of a fixed-width array, its offset applied.</summary>
    public static ReadOnlySpan<T> Values<T>(ArrayData data)
        where T : struct => MemoryMarshal.Cast<byte, T>(data.Buffers[1].Span).Slice(data.Offset, data.Length);

    /// <summary>Values of a fixed binary array end to end, its offset applied.</summary>
    public static ReadOnlySpan<byte> FixedValues(ArrayData data, int width) => data.Buffers[1].Span.Slice(data.Offset * width, data.Length * width);

    /// <summary>The length + 1 offsets of a text or binary array, its offset applied; empty where the array is.</summary>
    public static ReadOnlySpan<int> Offsets(ArrayData data) =>
        data.Length == 0 ? [] : MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span).Slice(data.Offset, data.Length + 1);

    /// <summary>Whether an Arrow array of a type holds values of a scalar type as Grid stores them.</summary>
    public static bool IsStoredAs(DataType type, IArrowType arrow)
    {
        if (arrow is ExtensionType extension)
            arrow = extension.StorageType;
        return (type.Kind, arrow) switch
        {
            (TypeKind.Boolean, BooleanType) or (TypeKind.Int8, Int8Type) or (TypeKind.Int16, Int16Type) or (TypeKind.Int32, Int32Type) or (TypeKind.Int64, Int64Type) => true,
            (TypeKind.Float32, FloatType) or (TypeKind.Float64, DoubleType) => true,
            (TypeKind.Decimal, Decimal128Type number) => number.Precision == type.Precision && number.Scale == type.Scale,
            (TypeKind.String, StringType) or (TypeKind.Binary, BinaryType) or (TypeKind.Date, Date32Type) => true,
            (TypeKind.FixedBinary, FixedSizeBinaryType { TypeId: ArrowTypeId.FixedSizedBinary } bytes) => bytes.ByteWidth == type.Length,
            (TypeKind.Uuid, FixedSizeBinaryType { TypeId: ArrowTypeId.FixedSizedBinary } bytes) => bytes.ByteWidth == 16,
            (TypeKind.Time, Time64Type time) => time.Unit == TimeUnit.Microsecond,
            (TypeKind.Timestamp, TimestampType time) => time.Unit == TimeUnit.Microsecond && string.IsNullOrEmpty(time.Timezone),
            (TypeKind.TimestampUtc, TimestampType time) => time.Unit == TimeUnit.Microsecond && !string.IsNullOrEmpty(time.Timezone),
            _ => false,
        };
    }
}
