using System.Collections.Immutable;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Avro;

/// <summary>Reads one schema's types from JSON. Names and aliases serve only references within the schema; defaults and docs are not read.</summary>
internal sealed class AvroSchemaParser
{
    // null stands for a type whose definition is still being read.
    private readonly Dictionary<string, AvroType?> _named = new(StringComparer.Ordinal);
    private int _types;

    public AvroType Read(JsonElement element) => Read(element, space: "", depth: 0);

    private AvroType Read(JsonElement element, string space, int depth)
    {
        if (depth > AvroLimits.DepthMax)
            throw LakeErrors.TooLarge("levels in an Avro schema", depth, AvroLimits.DepthMax);
        if (++_types > AvroLimits.TypesMax)
            throw LakeErrors.TooLarge("types in an Avro schema", _types, AvroLimits.TypesMax);
        return element.ValueKind switch
        {
            JsonValueKind.String => Named(element.GetString()!, space),
            JsonValueKind.Array => Union(element, space, depth),
            JsonValueKind.Object => Object(element, space, depth),
            _ => throw Illegal($"a type is written as {element.ValueKind}"),
        };
    }

    private AvroType Named(string name, string space)
    {
        if (Primitive(name) is { } kind)
            return kind == AvroKind.Null ? AvroType.Null : new AvroType { Kind = kind };
        // A name without a dot is of the space around it; or of none, as Iceberg's own writer has it.
        if (!_named.TryGetValue(FullName(name, space), out var type) && !_named.TryGetValue(name, out type))
            throw Illegal($"the type '{Short(name)}' is not known");
        return type ?? throw LakeErrors.Unsupported($"an Avro type that contains itself ('{Short(name)}')");
    }

    private AvroType Union(JsonElement element, string space, int depth)
    {
        var branches = ImmutableArray.CreateBuilder<AvroType>();
        foreach (var branch in element.EnumerateArray())
        {
            branches.Add(Read(branch, space, depth + 1));
            if (branches[^1].Kind == AvroKind.Union)
                throw Illegal("a union stands directly in a union");
        }

        return branches.Count > 0 ? new AvroType { Kind = AvroKind.Union, Children = branches.ToImmutable() } : throw Illegal("a union has no branch");
    }

    private AvroType Object(JsonElement element, string space, int depth)
    {
        if (!element.TryGetProperty("type", out var type))
            throw Illegal("an object has no 'type'");
        // {"type": {"type": "array", ...}}: attributes around a type that is no name have no meaning.
        if (type.ValueKind != JsonValueKind.String)
            return Read(type, space, depth + 1);
        var name = type.GetString()!;
        switch (name)
        {
            case "record" or "error":
                return Record(element, space, depth);
            case "enum":
                return Define(element, space, full => new AvroType { Kind = AvroKind.Enum, Name = full, Symbols = Symbols(element) });
            case "fixed":
                return Define(element, space, full => Logical(element, AvroKind.Fixed, full, Number(element, "size") ?? throw Illegal("a fixed has no 'size'")));
            case "array":
                return new AvroType { Kind = AvroKind.Array, Children = [Read(Child(element, "items"), space, depth + 1)], Logical = Text(element, "logicalType") };
            case "map":
                return new AvroType { Kind = AvroKind.Map, Children = [Read(Child(element, "values"), space, depth + 1)] };
            default:
                return Primitive(name) is { } kind ? Logical(element, kind, "", 0) : Named(name, space);
        }
    }

    private AvroType Record(JsonElement element, string space, int depth)
    {
        var full = FullName(Text(element, "name") ?? throw Illegal("a record has no 'name'"), Text(element, "namespace") ?? space);
        var dot = full.LastIndexOf('.');
        var inner = dot < 0 ? "" : full[..dot];
        return Define(element, space, _ =>
        {
            var fields = ImmutableArray.CreateBuilder<AvroField>();
            foreach (var field in Items(element, "fields"))
            {
                if (field.ValueKind != JsonValueKind.Object)
                    throw Illegal("a field is not an object");
                fields.Add(new AvroField(Text(field, "name") ?? throw Illegal("a field has no 'name'"), Read(Child(field, "type"), inner, depth + 1), Number(field, "field-id")));
            }

            return new AvroType { Kind = AvroKind.Record, Name = full, Fields = fields.ToImmutable() };
        });
    }

    private AvroType Define(JsonElement element, string space, Func<string, AvroType> make)
    {
        var name = FullName(Text(element, "name") ?? throw Illegal("a record, enum or fixed has no 'name'"), Text(element, "namespace") ?? space);
        if (!_named.TryAdd(name, null))
            throw Illegal($"two types are named '{Short(name)}'");
        var type = make(name);
        _named[name] = type;
        return type;
    }

    private static AvroType Logical(JsonElement element, AvroKind kind, string name, int size) => new()
    {
        Kind = kind,
        Name = name,
        Size = size >= 0 ? size : throw Illegal($"a fixed has {size} bytes"),
        Logical = Text(element, "logicalType"),
        Precision = Number(element, "precision") ?? 0,
        Scale = Number(element, "scale") ?? 0,
        AdjustToUtc = element.TryGetProperty("adjust-to-utc", out var adjust) && adjust.ValueKind == JsonValueKind.True,
    };

    private static ImmutableArray<string> Symbols(JsonElement element) =>
        [.. Items(element, "symbols").Select(symbol => symbol.ValueKind == JsonValueKind.String ? symbol.GetString()! : throw Illegal("an enum's symbol is not text"))];

    private static AvroKind? Primitive(string name) => name switch
    {
        "null" => AvroKind.Null,
        "boolean" => AvroKind.Boolean,
        "int" => AvroKind.Int,
        "long" => AvroKind.Long,
        "float" => AvroKind.Float,
        "double" => AvroKind.Double,
        "bytes" => AvroKind.Bytes,
        "string" => AvroKind.String,
        _ => null,
    };

    private static string FullName(string name, string space) => space.Length == 0 || name.Contains('.', StringComparison.Ordinal) ? name : $"{space}.{name}";

    private static JsonElement Child(JsonElement element, string name) => element.TryGetProperty(name, out var child) ? child : throw Illegal($"'{name}' is missing");

    private static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        Child(element, name) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : throw Illegal($"'{name}' is not a list");

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.String ? child.GetString() : null;

    private static int? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var child) && child.ValueKind == JsonValueKind.Number && child.TryGetInt32(out var number) ? number : null;

    private static string Short(string name) => name.Length <= 100 ? name : name[..100] + "...";

    private static GridException Illegal(string problem) => LakeErrors.Damaged($"in its Avro schema {problem}");
}
