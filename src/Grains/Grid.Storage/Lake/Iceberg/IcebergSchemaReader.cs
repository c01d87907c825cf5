using System.Collections.Immutable;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Reads an Iceberg schema, also one that others wrote. int8 and int16 come back as int32; keys of buckets and defaults don't come back.</summary>
internal sealed class IcebergSchemaReader
{
    private readonly HashSet<int> _ids = [];

    private IcebergSchemaReader()
    {
    }

    /// <exception cref="GridException">It is not a schema, or has types that Grid does not have.</exception>
    public static TableSchema Read(JsonElement element)
    {
        var version = element.AsObject("schema").FindInt("schema-id") ?? 0;
        if (version is < 0 or > ushort.MaxValue)
            throw LakeErrors.Damaged($"'schema-id' is {version}");
        var reader = new IcebergSchemaReader();
        var columns = reader.ReadFields(element, depth: 0);
        var key = element.List("identifier-field-ids", id => new ColumnId(id.TryGetInt32(out var value) ? value : 0));
        foreach (var id in key)
            if (!columns.Any(column => column.Id == id))
                throw LakeErrors.Unsupported($"the identifier field {id}, which is not a column");
        return new TableSchema { Version = new SchemaVersion((ushort)version), Columns = columns, PrimaryKey = key, LastColumnId = reader._ids.Max() };
    }

    private ImmutableArray<Column> ReadFields(JsonElement element, int depth)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var fields = element.List("fields", field =>
        {
            var name = field.AsObject("field").Text("name");
            if (!names.Add(name))
                throw LakeErrors.Damaged($"two fields are named '{name}'");
            return ReadColumn(name, field.Int("id"), field.Get("type"), !field.Boolean("required"), depth);
        });
        return fields.Length is > 0 and <= TableSchema.ColumnsMax ? fields : throw LakeErrors.Unsupported($"a struct or schema with {fields.Length} fields");
    }

    private Column ReadColumn(string name, int id, JsonElement type, bool nullable, int depth)
    {
        if (id <= 0 || !_ids.Add(id))
            throw LakeErrors.Damaged($"the field id {id} stands at two fields or is not positive");
        if (_ids.Count > SchemaRules.FieldsMax)
            throw LakeErrors.TooLarge("fields in a schema", _ids.Count, SchemaRules.FieldsMax);
        return new Column(name, ReadType(type, depth), nullable) { Id = new ColumnId(id) };
    }

    private DataType ReadType(JsonElement type, int depth)
    {
        if (type.ValueKind == JsonValueKind.String)
            return IcebergTypes.Parse(type.GetString()!);
        if (depth == DataType.DepthMax)
            throw LakeErrors.TooLarge("levels of lists, structs and maps", depth + 1, DataType.DepthMax);
        return type.AsObject("type").Text("type") switch
        {
            "struct" => new DataType { Kind = TypeKind.Struct, Children = ReadFields(type, depth + 1) },
            "list" => new DataType { Kind = TypeKind.List, Children = [ReadChild(type, DataType.ElementName, !type.Boolean("element-required"), depth)] },
            "map" => new DataType
            {
                Kind = TypeKind.Map,
                Children = [ReadChild(type, DataType.KeyName, nullable: false, depth), ReadChild(type, DataType.ValueName, !type.Boolean("value-required"), depth)],
            },
            var other => throw LakeErrors.Unsupported($"the type '{(other.Length <= 50 ? other : other[..50])}'"),
        };
    }

    private Column ReadChild(JsonElement type, string name, bool nullable, int depth) => ReadColumn(name, type.Int($"{name}-id"), type.Get(name), nullable, depth + 1);
}
