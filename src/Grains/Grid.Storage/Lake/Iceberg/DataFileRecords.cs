using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Grid.Abstractions;
using Grid.Storage.Lake.Avro;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Files to and from the records of <see cref="ManifestSchema"/>; read by field id, so whoever wrote them.</summary>
internal static class DataFileRecords
{
    private const string Parquet = "PARQUET";

    public static AvroRecord ToRecord(AvroType type, LakeFile file, IReadOnlyList<DataType> partitionTypes)
    {
        var partition = new object?[partitionTypes.Count];
        for (var i = 0; i < partition.Length; i++)
            partition[i] = PartitionValues.ToAvro(partitionTypes[i], PartitionValues.Stored(file.Partition[i]));
        return new AvroRecord(type,
        [
            (int)file.Content,
            file.Location,
            Parquet,
            new AvroRecord(type.Fields[3].Type, partition),
            file.Rows,
            file.Bytes,
            Pairs(type.Fields[6], file.ColumnBytes, count => count),
            Pairs(type.Fields[7], file.ValueCounts, count => count),
            Pairs(type.Fields[8], file.NullCounts, count => count),
            Pairs(type.Fields[9], file.NanCounts, count => count),
            Pairs(type.Fields[10], file.LowerBounds, bound => ImmutableCollectionsMarshal.AsArray(bound)!),
            Pairs(type.Fields[11], file.UpperBounds, bound => ImmutableCollectionsMarshal.AsArray(bound)!),
            null,
            file.SplitOffsets.IsEmpty ? null : file.SplitOffsets.Select(offset => (object?)offset).ToArray(),
            file.EqualityIds.IsEmpty ? null : file.EqualityIds.Select(id => (object?)id).ToArray(),
            file.SortOrderId,
            file.ReferencedDataFile,
        ]);
    }

    /// <exception cref="GridException">Damaged, or not a Parquet file.</exception>
    public static LakeFile FromRecord(AvroRecord record, LakePartitionSpec spec)
    {
        var format = record.RequiredObject<string>(101, "file_format");
        if (!format.Equals(Parquet, StringComparison.OrdinalIgnoreCase))
            throw LakeErrors.Unsupported($"a data file of the format '{(format.Length <= 20 ? format : format[..20])}'");
        if (record.Find(131, "key_metadata") is not null)
            throw LakeErrors.Unsupported("an encrypted data file");
        var content = record.Optional<int>(134, "content") ?? 0;
        return new LakeFile
        {
            Content = content is >= 0 and <= 2 ? (LakeFileContent)content : throw LakeErrors.Damaged($"a data file has the content {content}"),
            Location = record.RequiredObject<string>(100, "file_path"),
            Partition = Partition(record.OptionalObject<AvroRecord>(102, "partition"), spec),
            Rows = NotNegative(record.Required<long>(103, "record_count")),
            Bytes = NotNegative(record.Required<long>(104, "file_size_in_bytes")),
            ColumnBytes = Map(record, 108, "column_sizes", 117, Count),
            ValueCounts = Map(record, 109, "value_counts", 119, Count),
            NullCounts = Map(record, 110, "null_value_counts", 121, Count),
            NanCounts = Map(record, 137, "nan_value_counts", 138, Count),
            LowerBounds = Map(record, 125, "lower_bounds", 126, Bound),
            UpperBounds = Map(record, 128, "upper_bounds", 129, Bound),
            SplitOffsets = [.. Items(record, 132, "split_offsets").Select(item => item as long? ?? throw LakeErrors.Damaged("a split offset is not a long"))],
            EqualityIds = [.. Items(record, 135, "equality_ids").Select(item => item as int? ?? throw LakeErrors.Damaged("an equality id is not an int"))],
            SortOrderId = record.Optional<int>(140, "sort_order_id"),
            ReferencedDataFile = record.OptionalObject<string>(143, "referenced_data_file"),
        };
    }

    private static object?[]? Pairs<T>(AvroField field, ImmutableSortedDictionary<int, T> map, Func<T, object> value)
    {
        if (map.IsEmpty)
            return null;
        var pair = field.Type.Present.Children[0];
        var pairs = new object?[map.Count];
        var at = 0;
        foreach (var (key, item) in map)
            pairs[at++] = new AvroRecord(pair, [key, value(item)]);
        return pairs;
    }

    private static ImmutableSortedDictionary<int, T> Map<T>(AvroRecord record, int fieldId, string name, int keyId, Func<AvroRecord, int, T> value)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<int, T>();
        foreach (var item in Items(record, fieldId, name))
            if (item is AvroRecord pair)
                map[pair.Required<int>(keyId, "key")] = value(pair, keyId + 1);
            else
                throw LakeErrors.Damaged($"'{name}' is not a list of pairs");
        return map.ToImmutable();
    }

    private static long Count(AvroRecord pair, int valueId) => pair.Required<long>(valueId, "value");

    private static ImmutableArray<byte> Bound(AvroRecord pair, int valueId) => ImmutableCollectionsMarshal.AsImmutableArray(pair.RequiredObject<byte[]>(valueId, "value"));

    private static object?[] Items(AvroRecord record, int fieldId, string name) => record.OptionalObject<object?[]>(fieldId, name) ?? [];

    private static ImmutableArray<object?> Partition(AvroRecord? record, LakePartitionSpec spec)
    {
        var values = new object?[spec.Fields.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var name = PartitionValues.AvroName(spec.Fields[i].Name);
            // A missing field is null: a spec may have fields that its writer left out because all were null.
            if (record?.Field(spec.Fields[i].FieldId, name) is { } field)
                values[i] = PartitionValues.FromAvro(field.Type, record.Find(spec.Fields[i].FieldId, name));
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(values);
    }

    private static long NotNegative(long count) => count >= 0 ? count : throw LakeErrors.Damaged($"a data file has {count} rows or bytes");
}
