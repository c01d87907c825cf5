using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Iceberg;
using Grid.Testing.Rows;

namespace Grid.Storage.Tests.Lake.Iceberg;

/// <summary>Random files of a spec, and files as text to compare them.</summary>
internal static class RandomFiles
{
    public static LakeFile Next(Random random, TableSchema schema, LakePartitionSpec spec, LakeFileContent content) => new()
    {
        Content = content,
        Location = $"mem://t/data/{random.Next()}.parquet",
        Partition = [.. spec.Fields.Select(field => Value(random, field.Buckets is null ? schema.GetColumn(field.Source).Type : DataType.Int32))],
        Rows = random.Next(),
        Bytes = random.NextInt64(),
        ColumnBytes = Counts(random),
        ValueCounts = Counts(random),
        NullCounts = Counts(random),
        NanCounts = Counts(random),
        LowerBounds = Bounds(random),
        UpperBounds = Bounds(random),
        SplitOffsets = [.. Enumerable.Range(0, random.Next(3)).Select(i => i * 1000L)],
        EqualityIds = content == LakeFileContent.EqualityDeletes ? [1, 2] : [],
        SortOrderId = random.Next(2) == 0 ? null : random.Next(),
        ReferencedDataFile = content == LakeFileContent.PositionDeletes && random.Next(2) == 0 ? "mem://t/data/x.parquet" : null,
    };

    public static string Text(LakeFile file) => string.Join('|',
    [
        file.Content, file.Location, string.Join(',', file.Partition.Select(Text)), file.Rows, file.Bytes, Text(file.ColumnBytes), Text(file.ValueCounts), Text(file.NullCounts),
        Text(file.NanCounts), Text(file.LowerBounds), Text(file.UpperBounds), string.Join(',', file.SplitOffsets), string.Join(',', file.EqualityIds), file.SortOrderId,
        file.ReferencedDataFile,
    ]);

    private static string Text<T>(ImmutableSortedDictionary<int, T> map) => string.Join(',', map.Select(pair => $"{pair.Key}={Text(pair.Value)}"));

    private static string Text(object? value) => value switch
    {
        null => "null",
        byte[] bytes => Convert.ToHexString(bytes),
        ImmutableArray<byte> bytes => Convert.ToHexString(bytes.AsSpan()),
        sbyte or short or int => $"int {value}",
        float.NegativeZero or double.NegativeZero => "-0",
        DateTime or DateTimeOffset or TimeOnly => $"{value.GetType().Name} {value:O}",
        _ => $"{value.GetType().Name} {value}",
    };

    private static object? Value(Random random, DataType type) => random.Next(5) == 0 ? null : RandomValues.Next(type, random);

    private static ImmutableSortedDictionary<int, long> Counts(Random random) => Enumerable.Range(1, random.Next(4)).ToImmutableSortedDictionary(id => (id * 1000) + random.Next(1000), _ => random.NextInt64());

    private static ImmutableSortedDictionary<int, ImmutableArray<byte>> Bounds(Random random) =>
        Enumerable.Range(1, random.Next(4)).ToImmutableSortedDictionary(id => id, id => ImmutableArray.Create(new byte[random.Next(5)]));
}
