using System.Text.Json;
using Grid.Grains.Tiering;

namespace Grid.Silo.Iceberg;

/// <summary>The spec's "LoadTableResult". The metadata stands in it as the table's file has it, byte for byte; where only referenced snapshots are asked for, without the others.</summary>
internal static class LoadTableBody
{
    private const string Snapshots = "snapshots";

    public static void Write(Utf8JsonWriter json, LakeTableFile file, bool referencedOnly)
    {
        json.WriteStartObject();
        json.WriteString("metadata-location", file.Location);
        json.WritePropertyName("metadata");
        if (referencedOnly)
            WriteReferenced(json, file.Json);
        else
            json.WriteRawValue(file.Json.Span, skipInputValidation: true); // it was read as JSON
        json.WriteStartObject("config");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteReferenced(Utf8JsonWriter json, ReadOnlyMemory<byte> metadata)
    {
        using var document = JsonDocument.Parse(metadata, new JsonDocumentOptions { MaxDepth = 128 });
        var table = document.RootElement;
        var referenced = ReferencedBy(table);
        json.WriteStartObject();
        foreach (var property in table.EnumerateObject())
        {
            if (property.Name != Snapshots || property.Value.ValueKind != JsonValueKind.Array)
            {
                property.WriteTo(json);
                continue;
            }

            json.WriteStartArray(Snapshots);
            foreach (var snapshot in property.Value.EnumerateArray())
                if (referenced.Contains(snapshot.GetProperty("snapshot-id").GetInt64()))
                    snapshot.WriteTo(json);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Branches and tags; the current snapshot is what <c>main</c> refers to, also where the file has no references.</summary>
    private static HashSet<long> ReferencedBy(JsonElement table)
    {
        var referenced = new HashSet<long>();
        if (table.TryGetProperty("current-snapshot-id", out var current) && current.ValueKind == JsonValueKind.Number)
            referenced.Add(current.GetInt64());
        if (table.TryGetProperty("refs", out var references) && references.ValueKind == JsonValueKind.Object)
            foreach (var reference in references.EnumerateObject())
                if (reference.Value.TryGetProperty("snapshot-id", out var snapshot) && snapshot.ValueKind == JsonValueKind.Number)
                    referenced.Add(snapshot.GetInt64());
        return referenced;
    }
}
