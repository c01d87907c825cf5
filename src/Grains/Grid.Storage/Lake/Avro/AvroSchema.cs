using System.Text.Json;

namespace Grid.Storage.Lake.Avro;

/// <summary>A schema: its JSON and the types read from it.</summary>
/// <param name="Json">As it stands in a container.</param>
/// <param name="Root">The type of the container's values.</param>
internal sealed record AvroSchema(string Json, AvroType Root)
{
    /// <summary>Reads a schema.</summary>
    /// <exception cref="Abstractions.GridException">It is not one.</exception>
    public static AvroSchema Parse(string json)
    {
        try
        {
            // Each level of nesting takes up to four in JSON: field, type, union, fields.
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 * (AvroLimits.DepthMax + 1) });
            return new AvroSchema(json, new AvroSchemaParser().Read(document.RootElement));
        }
        catch (JsonException exception)
        {
            throw LakeErrors.Damaged($"the Avro schema is not JSON ({exception.Message})", exception);
        }
    }
}
