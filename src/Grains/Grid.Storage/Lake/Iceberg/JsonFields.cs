using System.Collections.Immutable;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Reads fields of JSON objects that may be anything; what does not fit is reported as damage, by the field's name.</summary>
internal static class JsonFields
{
    /// <summary>Parses a document, gives it to <paramref name="read"/>, and reports what is no JSON.</summary>
    /// <exception cref="GridException">It is larger than <paramref name="bytesMax"/>, not JSON, or <paramref name="read"/> refused it.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> utf8, int bytesMax, string what, Func<JsonElement, T> read)
    {
        if (utf8.Length > bytesMax)
            throw LakeErrors.TooLarge($"bytes of {what}", utf8.Length, bytesMax);
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 128 });
            return read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw LakeErrors.Damaged($"the {what} is not JSON ({exception.Message})", exception);
        }
        catch (InvalidOperationException exception)
        {
            // Text with a lone surrogate is JSON, but not Unicode.
            throw LakeErrors.Damaged($"the {what} has text that is not Unicode", exception);
        }
    }

    /// <summary>The object itself.</summary>
    public static JsonElement AsObject(this JsonElement element, string what) =>
        element.ValueKind == JsonValueKind.Object ? element : throw LakeErrors.Damaged($"the {what} is {element.ValueKind} where an object belongs");

    /// <summary>A field that is there and not null.</summary>
    public static JsonElement? Find(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static JsonElement Get(this JsonElement element, string name) => element.Find(name) ?? throw LakeErrors.Damaged($"'{name}' is missing");

    public static int Int(this JsonElement element, string name) => element.FindInt(name) ?? throw LakeErrors.Damaged($"'{name}' is missing");

    public static int? FindInt(this JsonElement element, string name) =>
        element.FindLong(name) is not { } number ? null : (int)number == number ? (int)number : throw LakeErrors.Damaged($"'{name}' is {number}, which 32 bits don't hold");

    public static long Long(this JsonElement element, string name) => element.FindLong(name) ?? throw LakeErrors.Damaged($"'{name}' is missing");

    public static long? FindLong(this JsonElement element, string name) =>
        element.Find(name) is not { } value ? null
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw LakeErrors.Damaged($"'{name}' is not a whole number of 64 bits");

    public static string Text(this JsonElement element, string name) => element.FindText(name) ?? throw LakeErrors.Damaged($"'{name}' is missing");

    public static string? FindText(this JsonElement element, string name) =>
        element.Find(name) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw LakeErrors.Damaged($"'{name}' is not text");

    public static bool Boolean(this JsonElement element, string name) => element.Get(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw LakeErrors.Damaged($"'{name}' is neither true nor false"),
    };

    public static Guid Uuid(this JsonElement element, string name) =>
        element.Text(name) is var text && Guid.TryParseExact(text, "D", out var uuid) ? uuid : throw LakeErrors.Damaged($"'{name}' is not a UUID");

    /// <summary>A list; empty where it is missing.</summary>
    public static ImmutableArray<T> List<T>(this JsonElement element, string name, Func<JsonElement, T> read) =>
        element.Find(name) is not { } list ? []
            : list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(read)] : throw LakeErrors.Damaged($"'{name}' is not a list");

    /// <summary>An object of texts; empty where it is missing.</summary>
    public static ImmutableSortedDictionary<string, string> Texts(this JsonElement element, string name)
    {
        var texts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (element.Find(name) is { } map)
            foreach (var property in map.AsObject(name).EnumerateObject())
                texts[property.Name] = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : throw LakeErrors.Damaged($"'{property.Name}' in '{name}' is not text");
        return texts.ToImmutable();
    }

    /// <summary>Writes such an object.</summary>
    public static void WriteTexts(this Utf8JsonWriter writer, string name, ImmutableSortedDictionary<string, string> texts)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in texts)
            writer.WriteString(key, value);
        writer.WriteEndObject();
    }
}
