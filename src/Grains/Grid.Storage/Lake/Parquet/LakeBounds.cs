using System.Buffers.Binary;
using System.Text.Unicode;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Parquet's statistics as Iceberg's bounds: the single-value serialization of the spec's Appendix D, and its order.
/// Numbers are little endian in both; only decimals differ (Iceberg: the shortest two's complement, big endian).
/// </summary>
internal static class LakeBounds
{
    /// <summary>A statistic's value as a bound; null where it is none: not of the type's width, not a number, not UTF-8.</summary>
    /// <param name="type">The column's type as stored.</param>
    /// <param name="physicalType">Parquet's type, see <see cref="ParquetLeaf"/>.</param>
    /// <param name="value">The value, PLAIN-encoded without a length.</param>
    public static byte[]? Of(DataType type, int physicalType, ReadOnlySpan<byte> value) => type.Kind switch
    {
        TypeKind.Boolean when value.Length == 1 => [value[0]],
        TypeKind.Int32 or TypeKind.Date when value.Length == sizeof(int) => value.ToArray(),
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc when value.Length == sizeof(long) => value.ToArray(),
        TypeKind.Float32 when value.Length == sizeof(float) && !float.IsNaN(BinaryPrimitives.ReadSingleLittleEndian(value)) => value.ToArray(),
        TypeKind.Float64 when value.Length == sizeof(double) && !double.IsNaN(BinaryPrimitives.ReadDoubleLittleEndian(value)) => value.ToArray(),
        TypeKind.Decimal => Decimal(physicalType, value),
        TypeKind.Uuid when value.Length == 16 => value.ToArray(),
        TypeKind.FixedBinary when value.Length == type.Length => value.ToArray(),
        TypeKind.Binary => value.ToArray(),
        TypeKind.String when Utf8.IsValid(value) => value.ToArray(),
        _ => null,
    };

    /// <summary>Orders two bounds of a type as Iceberg does.</summary>
    public static int Compare(DataType type, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => type.Kind switch
    {
        TypeKind.Int32 or TypeKind.Date => BinaryPrimitives.ReadInt32LittleEndian(left).CompareTo(BinaryPrimitives.ReadInt32LittleEndian(right)),
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc =>
            BinaryPrimitives.ReadInt64LittleEndian(left).CompareTo(BinaryPrimitives.ReadInt64LittleEndian(right)),
        TypeKind.Float32 => BinaryPrimitives.ReadSingleLittleEndian(left).CompareTo(BinaryPrimitives.ReadSingleLittleEndian(right)),
        TypeKind.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(left).CompareTo(BinaryPrimitives.ReadDoubleLittleEndian(right)),
        TypeKind.Decimal => SingleValue.Units(left).CompareTo(SingleValue.Units(right)),
        _ => left.SequenceCompareTo(right), // false is below true; text, bytes and uuids are in the order of their bytes
    };

    /// <summary>A lower bound, see <see cref="Bounds.Lower"/>.</summary>
    public static byte[] Lower(DataType type, byte[] value) => Bounds.Lower(Cut(type), value)!;

    /// <summary>An upper bound, see <see cref="Bounds.Upper"/>; null where there is none.</summary>
    public static byte[]? Upper(DataType type, byte[] value) => Bounds.Upper(Cut(type), value);

    // A file's bounds of fixed bytes are cut as those of others are: of any length there are some.
    private static DataType Cut(DataType type) => type.Kind == TypeKind.FixedBinary ? DataType.Binary : type;

    // INT32 and INT64 hold the units little endian, fixed bytes big endian.
    private static byte[]? Decimal(int physicalType, ReadOnlySpan<byte> value) => physicalType switch
    {
        ParquetLeaf.Int32 when value.Length == sizeof(int) => SingleValue.OfDecimal(BinaryPrimitives.ReadInt32LittleEndian(value)),
        ParquetLeaf.Int64 when value.Length == sizeof(long) => SingleValue.OfDecimal(BinaryPrimitives.ReadInt64LittleEndian(value)),
        ParquetLeaf.Int32 or ParquetLeaf.Int64 => null,
        _ => value.Length is > 0 and <= 16 ? SingleValue.OfDecimal(SingleValue.Units(value)) : null,
    };
}
