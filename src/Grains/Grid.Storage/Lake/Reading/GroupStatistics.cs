using System.Buffers;
using System.Buffers.Binary;
using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;

namespace Grid.Storage.Lake.Reading;

/// <summary>
/// What a row group's footer tells of some columns, in the form of a frame's statistics, so that one evaluator serves both. A column without a word means that nothing is known of it; bounds are
/// given only where Parquet's order and values are those of the table's type for certain: not of floats, whose bounds leave out NaN, nor of decimals and fixed binaries.
/// </summary>
internal static class GroupStatistics
{
    private const int ByteArray = 6; // of Parquet's physical types

    /// <summary>Of the table's columns of those ids.</summary>
    public static FrameStatistics? Of(ParquetFooter footer, int group, TableSchema schema, IReadOnlyList<ColumnId> columns)
    {
        var found = footer.RowGroups[group];
        if (found.Rows is < 0 or > int.MaxValue)
            return null;
        var bytes = new ArrayBufferWriter<byte>();
        StatisticsBytes.Begin(bytes);
        foreach (var id in columns)
        {
            var index = schema.IndexOf(id);
            var leaf = LeafOf(footer, id);
            if (index < 0 || schema.Columns[index].Type.IsNested || leaf < 0 || leaf >= found.Chunks.Length || footer.Leaves[leaf].Repeated)
                continue;
            var chunk = found.Chunks[leaf];
            // Without its nulls a column is unknown: all rows might be null, or none.
            if (chunk.Nulls is not { } nulls || nulls < 0 || nulls > found.Rows || chunk.Values != found.Rows)
                continue;
            StatisticsBytes.Put(bytes, id, (int)nulls, Bound(schema.Columns[index].Type, footer.Leaves[leaf], chunk.Min), Bound(schema.Columns[index].Type, footer.Leaves[leaf], chunk.Max));
        }

        return FrameStatistics.Of((int)found.Rows, bytes.WrittenSpan.ToArray());
    }

    // Two of one id are nobody's.
    private static int LeafOf(ParquetFooter footer, ColumnId id)
    {
        var leaf = -1;
        for (var i = 0; i < footer.Leaves.Length; i++)
        {
            if (footer.Leaves[i].FieldId != id.Value)
                continue;
            if (leaf >= 0)
                return -1;
            leaf = i;
        }

        return leaf;
    }

    /// <summary>A bound in the order of its bytes; null: none that is certain. A column that was widened since has another physical type or width.</summary>
    private static byte[]? Bound(DataType type, ParquetLeaf leaf, byte[]? value)
    {
        if (value is null)
            return null;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        switch (type.Kind)
        {
            case TypeKind.Int8 when IsInt32(leaf, value, out var number) && number is >= sbyte.MinValue and <= sbyte.MaxValue:
                return bytes[..OrderedBytes.WriteInt8(bytes, (sbyte)number)].ToArray();
            case TypeKind.Int16 when IsInt32(leaf, value, out var number) && number is >= short.MinValue and <= short.MaxValue:
                return bytes[..OrderedBytes.WriteInt16(bytes, (short)number)].ToArray();
            case TypeKind.Int32 or TypeKind.Date when IsInt32(leaf, value, out var number):
                return bytes[..OrderedBytes.WriteInt32(bytes, number)].ToArray();
            case TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc when leaf.PhysicalType == ParquetLeaf.Int64 && value.Length == sizeof(long):
                return bytes[..OrderedBytes.WriteInt64(bytes, BinaryPrimitives.ReadInt64LittleEndian(value))].ToArray();
            case TypeKind.String or TypeKind.Binary when leaf.PhysicalType == ByteArray:
                return value;
            default:
                return null;
        }
    }

    private static bool IsInt32(ParquetLeaf leaf, byte[] value, out int number)
    {
        var fits = leaf.PhysicalType == ParquetLeaf.Int32 && value.Length == sizeof(int);
        number = fits ? BinaryPrimitives.ReadInt32LittleEndian(value) : 0;
        return fits;
    }
}
