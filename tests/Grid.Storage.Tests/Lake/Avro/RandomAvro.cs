using System.Globalization;
using System.Text.Json.Nodes;
using Grid.Storage.Lake.Avro;

namespace Grid.Storage.Tests.Lake.Avro;

/// <summary>Random schemas, as others may write them, and values of them.</summary>
internal sealed class RandomAvro(Random random)
{
    private static readonly string[] Primitives = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
    private int _names;

    public AvroSchema Schema() => AvroSchema.Parse(Record(depth: 3).ToJsonString());

    public AvroRecord Value(AvroSchema schema) => (AvroRecord)Value(schema.Root)!;

    private JsonObject Record(int depth)
    {
        var fields = new JsonArray();
        for (var count = random.Next(5); count > 0; count--)
        {
            var field = new JsonObject { ["name"] = Name("f"), ["type"] = Type(depth - 1), ["doc"] = "any" };
            if (random.Next(2) == 0)
                field["field-id"] = _names;
            fields.Add(field);
        }

        return new JsonObject { ["type"] = "record", ["name"] = Name("r"), ["namespace"] = "a.b", ["fields"] = fields };
    }

    private JsonNode Type(int depth)
    {
        switch (random.Next(depth > 0 ? 12 : 7))
        {
            case 0:
                return new JsonObject { ["type"] = "fixed", ["name"] = Name("x"), ["size"] = random.Next(20) };
            case 1:
                return new JsonObject { ["type"] = "enum", ["name"] = Name("e"), ["symbols"] = new JsonArray("A", "B", "C") };
            case 2:
                return new JsonObject { ["type"] = "long", ["logicalType"] = "timestamp-micros", ["adjust-to-utc"] = true };
            case 7:
                return Record(depth);
            case 8:
                return new JsonObject { ["type"] = "map", ["values"] = Type(depth - 1) };
            case 9 or 10:
                return new JsonObject { ["type"] = "array", ["items"] = Type(depth - 1) };
            case 11:
                // A union of two types of one kind would not say which of them a value is of.
                return random.Next(2) == 0 ? new JsonArray("null", Record(depth)) : new JsonArray("string", "null");
            default:
                return Primitives[random.Next(Primitives.Length)];
        }
    }

    private object? Value(AvroType type) => type.Kind switch
    {
        AvroKind.Null => null,
        AvroKind.Boolean => random.Next(2) == 0,
        AvroKind.Int => (int)Number(),
        AvroKind.Long => Number(),
        AvroKind.Float => BitConverter.Int32BitsToSingle((int)Number()),
        AvroKind.Double => BitConverter.Int64BitsToDouble(Number()),
        AvroKind.Bytes => Bytes(random.Next(5)),
        AvroKind.Fixed => Bytes(type.Size),
        AvroKind.String => Text(),
        AvroKind.Enum => type.Symbols[random.Next(type.Symbols.Length)],
        AvroKind.Union => random.Next(2) == 0 ? null : Value(type.Present),
        AvroKind.Array => Enumerable.Range(0, random.Next(4)).Select(_ => Value(type.Children[0])).ToArray(),
        AvroKind.Map => Enumerable.Range(0, random.Next(4)).Select(i => new KeyValuePair<string, object?>($"{i}{Text()}", Value(type.Children[0]))).ToArray(),
        _ => new AvroRecord(type, [.. type.Fields.Select(field => Value(field.Type))]),
    };

    /// <summary>A value as text, to compare it with another.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        byte[] bytes => "x" + Convert.ToHexString(bytes),
        string text => $"\"{text}\"",
        AvroRecord record => $"{{{string.Join(',', record.Values.Select(Text))}}}",
        object?[] items => $"[{string.Join(',', items.Select(Text))}]",
        KeyValuePair<string, object?>[] pairs => $"<{string.Join(',', pairs.Select(pair => $"{pair.Key}={Text(pair.Value)}"))}>",
        float number => "f" + BitConverter.SingleToInt32Bits(number).ToString(CultureInfo.InvariantCulture),
        double number => "d" + BitConverter.DoubleToInt64Bits(number).ToString(CultureInfo.InvariantCulture),
        _ => $"{value.GetType().Name}{value}",
    };

    private string Name(string prefix) => prefix + ++_names;

    private string Text() => new([.. Enumerable.Range(0, random.Next(4)).Select(_ => "aZ\u00e4\u20ac"[random.Next(4)])]);

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private long Number() => random.Next(4) switch
    {
        0 => random.NextInt64(-100, 100),
        1 => long.MinValue >> random.Next(64),
        2 => long.MaxValue >> random.Next(64),
        _ => random.NextInt64(long.MinValue, long.MaxValue),
    };
}
