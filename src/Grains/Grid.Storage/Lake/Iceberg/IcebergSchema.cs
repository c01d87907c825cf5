using System.Buffers;
using System.Text;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>
/// Writes a table's schema as Iceberg has it (the spec's Appendix C): field ids are column ids, the schema's id is its version, the identifier fields are the primary key.
/// </summary>
internal static class IcebergSchema
{
    /// <summary>The schema as an object, lake columns and all: it comes from <see cref="LakeColumns.Extend"/>.</summary>
    public static void Write(Utf8JsonWriter writer, TableSchema schema)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "struct");
        writer.WriteNumber("schema-id", schema.Version.Value);
        if (schema.HasPrimaryKey)
        {
            writer.WriteStartArray("identifier-field-ids");
            foreach (var key in schema.PrimaryKey)
                writer.WriteNumberValue(key.Value);
            writer.WriteEndArray();
        }

        writer.WriteStartArray("fields");
        foreach (var column in schema.Columns)
            WriteField(writer, column, IsRequired(schema, column));
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>The same as text.</summary>
    public static string ToJson(TableSchema schema)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
            Write(writer, schema);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>
    /// Whether readers may rely on a value. A column that is not null but has a default may be younger than files that lack it, and version 2 of the format has no defaults for
    /// those: to its readers it is optional.
    /// </summary>
    public static bool IsRequired(TableSchema schema, Column column) => !column.Nullable && (column.Default is null || schema.PrimaryKey.Contains(column.Id));

    /// <summary>The highest field id of a schema, nested ones included.</summary>
    public static int LastFieldId(TableSchema schema) => Math.Max(schema.LastColumnId, schema.Columns.Max(Highest));

    private static int Highest(Column column) => column.Type.Children.Aggregate(column.Id.Value, (highest, child) => Math.Max(highest, Highest(child)));

    private static void WriteField(Utf8JsonWriter writer, Column column, bool required)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", column.Id.Value);
        writer.WriteString("name", column.Name);
        writer.WriteBoolean("required", required);
        writer.WritePropertyName("type");
        WriteType(writer, column.Type);
        writer.WriteEndObject();
    }

    private static void WriteType(Utf8JsonWriter writer, DataType type)
    {
        if (!type.IsNested)
        {
            writer.WriteStringValue(IcebergTypes.NameOf(type));
            return;
        }

        writer.WriteStartObject();
        switch (type.Kind)
        {
            case TypeKind.List:
                writer.WriteString("type", "list");
                WriteChild(writer, "element", type.Children[0], withRequired: true);
                break;
            case TypeKind.Map:
                writer.WriteString("type", "map");
                WriteChild(writer, "key", type.Children[0], withRequired: false);
                WriteChild(writer, "value", type.Children[1], withRequired: true);
                break;
            default:
                writer.WriteString("type", "struct");
                writer.WriteStartArray("fields");
                foreach (var field in type.Children)
                    WriteField(writer, field, !field.Nullable);
                writer.WriteEndArray();
                break;
        }

        writer.WriteEndObject();
    }

    private static void WriteChild(Utf8JsonWriter writer, string name, Column child, bool withRequired)
    {
        writer.WriteNumber($"{name}-id", child.Id.Value);
        writer.WritePropertyName(name);
        WriteType(writer, child.Type);
        if (withRequired)
            writer.WriteBoolean($"{name}-required", !child.Nullable);
    }
}
