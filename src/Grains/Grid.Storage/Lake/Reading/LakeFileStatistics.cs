using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Reading;

/// <summary>
/// What a manifest tells of a file's columns, in the form of a frame's statistics, so that one evaluator serves frames, row groups and files. A column without a word means that nothing is known of it; bounds are
/// given only where Iceberg's order and values are those of the table's type for certain: not of floats, whose bounds leave out NaN.
/// </summary>
internal static class LakeFileStatistics
{
    // The first columns of a very wide table have statistics, the rest go without: many files must fit into one answer.
    private const int BytesMax = 16 * 1024;

    /// <summary>Of the table's flat columns; empty where nothing is known.</summary>
    public static ImmutableArray<byte> Of(LakeFile file, TableSchema schema)
    {
        if (file.Content != LakeFileContent.Data || file.Rows is < 1 or > int.MaxValue)
            return [];
        var bytes = new ArrayBufferWriter<byte>();
        StatisticsBytes.Begin(bytes);
        foreach (var column in schema.Columns)
        {
            if (bytes.WrittenCount > BytesMax)
                break;
            // A column that the file does not have has no counts; its rows read as null or as the default.
            if (column.Type.IsNested || !file.NullCounts.TryGetValue(column.Id.Value, out var nulls) || nulls < 0 || nulls > file.Rows
                || !file.ValueCounts.TryGetValue(column.Id.Value, out var values) || values != file.Rows)
                continue;
            StatisticsBytes.Put(bytes, column.Id, (int)nulls, Bound(column.Type, file.LowerBounds, column.Id), Bound(column.Type, file.UpperBounds, column.Id));
        }

        return [.. bytes.WrittenSpan];
    }

    private static byte[]? Bound(DataType type, ImmutableSortedDictionary<int, ImmutableArray<byte>> bounds, ColumnId id)
    {
        if (!bounds.TryGetValue(id.Value, out var bound) || bound.IsDefault)
            return null;
        var value = bound.AsSpan();
        Span<byte> bytes = stackalloc byte[OrderedBytes.DecimalBytes];
        switch (type.Kind)
        {
            case TypeKind.Int8 when value.Length == sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(value) is >= sbyte.MinValue and <= sbyte.MaxValue and var number:
                return bytes[..OrderedBytes.WriteInt8(bytes, (sbyte)number)].ToArray();
            case TypeKind.Int16 when value.Length == sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(value) is >= short.MinValue and <= short.MaxValue and var number:
                return bytes[..OrderedBytes.WriteInt16(bytes, (short)number)].ToArray();
            case TypeKind.Int32 or TypeKind.Date when value.Length == sizeof(int):
                return bytes[..OrderedBytes.WriteInt32(bytes, BinaryPrimitives.ReadInt32LittleEndian(value))].ToArray();
            // The column may have been narrower when the file was written.
            case TypeKind.Int64 when value.Length == sizeof(int):
                return bytes[..OrderedBytes.WriteInt64(bytes, BinaryPrimitives.ReadInt32LittleEndian(value))].ToArray();
            case TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc when value.Length == sizeof(long):
                return bytes[..OrderedBytes.WriteInt64(bytes, BinaryPrimitives.ReadInt64LittleEndian(value))].ToArray();
            case TypeKind.Decimal when value.Length is >= 1 and <= OrderedBytes.DecimalBytes:
                return bytes[..OrderedBytes.WriteInt128(bytes, SingleValue.Units(value))].ToArray();
            case TypeKind.String or TypeKind.Binary:
                return value.ToArray();
            default:
                return null;
        }
    }
}
