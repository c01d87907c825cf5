using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>
/// How the files of a lake table are partitioned: by the table's partition columns, then by its bucket. Each file has one tuple of values, in the order of the fields.
/// </summary>
/// <param name="Id">The spec's id in its table, from 0.</param>
/// <param name="Fields">The fields in their order.</param>
internal sealed record LakePartitionSpec(int Id, ImmutableArray<PartitionField> Fields)
{
    /// <summary>The first field id of a table's first spec.</summary>
    public const int FirstFieldId = 1000;

    private const int FieldsMax = 1000;

    /// <summary>The highest field id; 999 without fields.</summary>
    public int LastFieldId => Fields.IsEmpty ? FirstFieldId - 1 : Fields.Max(part => part.FieldId);

    /// <summary>
    /// The spec of a new table. A bucket key of one column is Iceberg's bucket transform of that column, the same numbers as <see cref="BucketFunction"/> gives, so that engines
    /// prune by the key; else, and for a boolean, which that transform does not take, it is the lake column <c>__bucket</c> as it is.
    /// </summary>
    /// <param name="schema">The table's schema.</param>
    /// <param name="buckets">Its buckets.</param>
    /// <param name="partitionColumns">The columns that partition it before its buckets do.</param>
    public static LakePartitionSpec Create(TableSchema schema, int buckets, ImmutableArray<ColumnId> partitionColumns)
    {
        var fields = ImmutableArray.CreateBuilder<PartitionField>(partitionColumns.Length + 1);
        foreach (var id in partitionColumns)
            fields.Add(new PartitionField(id, FirstFieldId + fields.Count, schema.GetColumn(id).Name, PartitionField.Identity));
        var key = schema.BucketKey is [var single] ? schema.GetColumn(single) : null;
        var last = FirstFieldId + fields.Count;
        // A partition field may not be named like a column that it is not; names with two underscores are no table's.
        fields.Add(key is not null && key.Type.Kind != TypeKind.Boolean
            ? new PartitionField(key.Id, last, $"__{key.Name}_bucket", PartitionField.Bucket(buckets))
            : new PartitionField(LakeColumns.Bucket.Id, last, LakeColumns.Bucket.Name, PartitionField.Identity));
        return new LakePartitionSpec(0, fields.MoveToImmutable());
    }

    /// <summary>The spec of a table.</summary>
    public static LakePartitionSpec Of(TableInfo table) => Create(table.Schema, table.Options.Buckets, table.Schema.PartitionKey.IsDefault ? [] : table.Schema.PartitionKey);

    /// <summary>Writes the spec as an object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("spec-id", Id);
        writer.WritePropertyName("fields");
        WriteFields(writer);
        writer.WriteEndObject();
    }

    /// <summary>The fields alone, as manifests name them.</summary>
    public string FieldsToJson()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
            WriteFields(writer);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <exception cref="GridException">It is not a spec.</exception>
    public static LakePartitionSpec Read(JsonElement element)
    {
        var ids = new HashSet<int>();
        var fields = element.AsObject("partition spec").List("fields", field =>
        {
            var id = field.AsObject("partition field").Int("field-id");
            return ids.Add(id) ? new PartitionField(new ColumnId(field.Int("source-id")), id, field.Text("name"), field.Text("transform"))
                : throw LakeErrors.Damaged($"two partition fields have the id {id}");
        });
        return fields.Length <= FieldsMax ? new LakePartitionSpec(element.Int("spec-id"), fields) : throw LakeErrors.TooLarge("partition fields", fields.Length, FieldsMax);
    }

    private void WriteFields(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (var field in Fields)
        {
            writer.WriteStartObject();
            writer.WriteNumber("source-id", field.Source.Value);
            writer.WriteNumber("field-id", field.FieldId);
            writer.WriteString("name", field.Name);
            writer.WriteString("transform", field.Transform);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
