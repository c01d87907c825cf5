using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>A file's column metrics for its manifest entry, out of the file's own footer.</summary>
internal static class LakeFileMetrics
{
    /// <summary>Adds what the footer tells.</summary>
    /// <param name="file">The file.</param>
    /// <param name="footer">Its footer.</param>
    /// <param name="stored">Its columns, see <see cref="LakeTypes"/>.</param>
    public static LakeFile Fill(LakeFile file, ParquetFooter footer, TableSchema stored)
    {
        var types = new Dictionary<int, DataType>();
        foreach (var column in stored.Columns)
            AddScalars(column, types);

        var bytes = ImmutableSortedDictionary.CreateBuilder<int, long>();
        var values = ImmutableSortedDictionary.CreateBuilder<int, long>();
        var nulls = ImmutableSortedDictionary.CreateBuilder<int, long>();
        var lower = ImmutableSortedDictionary.CreateBuilder<int, ImmutableArray<byte>>();
        var upper = ImmutableSortedDictionary.CreateBuilder<int, ImmutableArray<byte>>();
        for (var i = 0; i < footer.Leaves.Length; i++)
        {
            var leaf = footer.Leaves[i];
            if (leaf.FieldId is not { } id)
                continue;
            ParquetChunk[] chunks = [.. footer.RowGroups.Select(group => group.Chunks[i])];
            bytes[id] = chunks.Sum(chunk => chunk.Bytes);
            values[id] = chunks.Sum(chunk => chunk.Values);
            if (chunks.All(chunk => chunk.Nulls is not null))
                nulls[id] = chunks.Sum(chunk => chunk.Nulls!.Value);
            if (leaf.Repeated || !types.TryGetValue(id, out var type) || Bounds(type, leaf.PhysicalType, chunks) is not var (least, greatest))
                continue;
            lower[id] = ImmutableCollectionsMarshal.AsImmutableArray(LakeBounds.Lower(type, least));
            if (LakeBounds.Upper(type, greatest) is { } raised)
                upper[id] = ImmutableCollectionsMarshal.AsImmutableArray(raised);
        }

        return file with
        {
            Rows = footer.Rows,
            ColumnBytes = bytes.ToImmutable(),
            ValueCounts = values.ToImmutable(),
            NullCounts = nulls.ToImmutable(),
            LowerBounds = lower.ToImmutable(),
            UpperBounds = upper.ToImmutable(),
            SplitOffsets = [.. footer.RowGroups.Select(group => group.Offset)],
        };
    }

    /// <summary>The least and the greatest of all row groups; null where one of them has values and does not say, or where there are no values.</summary>
    private static (byte[] Least, byte[] Greatest)? Bounds(DataType type, int physicalType, ParquetChunk[] chunks)
    {
        (byte[] Least, byte[] Greatest)? bounds = null;
        foreach (var chunk in chunks)
        {
            if (chunk.Nulls == chunk.Values)
                continue;
            if (chunk.Min is null || chunk.Max is null)
            {
                // Of a float column only not-a-numbers have none; of others, values too long for statistics.
                if (type.Kind is TypeKind.Float32 or TypeKind.Float64)
                    continue;
                return null;
            }

            if (LakeBounds.Of(type, physicalType, chunk.Min) is not { } min || LakeBounds.Of(type, physicalType, chunk.Max) is not { } max)
                return null;
            bounds = bounds is var (least, greatest)
                ? (LakeBounds.Compare(type, min, least) < 0 ? min : least, LakeBounds.Compare(type, max, greatest) > 0 ? max : greatest)
                : (min, max);
        }

        return bounds;
    }

    private static void AddScalars(Column column, Dictionary<int, DataType> types)
    {
        if (!column.Type.IsNested)
            types[column.Id.Value] = column.Type;
        foreach (var child in column.Type.Children)
            AddScalars(child, types);
    }
}
