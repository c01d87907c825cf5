using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>A field of a partition spec.</summary>
/// <param name="Source">The column whose values are transformed.</param>
/// <param name="FieldId">The field's own id, from 1000; unique in the table.</param>
/// <param name="Name">Its name.</param>
/// <param name="Transform">How, in the spec's words: <c>identity</c>, <c>bucket[16]</c>; others are kept, not understood.</param>
internal sealed record PartitionField(ColumnId Source, int FieldId, string Name, string Transform)
{
    public const string Identity = "identity";

    public bool IsIdentity => Transform == Identity;

    /// <summary>The buckets of a bucket transform; null for another.</summary>
    public int? Buckets =>
        Transform.StartsWith("bucket[", StringComparison.Ordinal) && Transform.EndsWith(']')
        && int.TryParse(Transform.AsSpan("bucket[".Length, Transform.Length - "bucket[]".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var buckets) ? buckets : null;

    public static string Bucket(int buckets) => string.Create(CultureInfo.InvariantCulture, $"bucket[{buckets}]");

    /// <summary>The type of the field's values.</summary>
    /// <exception cref="GridException">The transform is not understood, or the schema has no such column.</exception>
    public DataType ResultType(TableSchema schema) =>
        Buckets is not null ? DataType.Int32
            : IsIdentity ? IcebergTypes.Stored(schema.GetColumn(Source).Type) : throw LakeErrors.Unsupported($"the partition transform '{Transform}'");
}
