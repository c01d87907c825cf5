using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Grid.Abstractions;
using Grid.Storage.Objects;
using Grid.Storage.Partitions;

namespace Grid.Storage.Catalog;

/// <summary>Reads and writes the documents without reflection; what does not read is reported as damaged, by the object's name.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(DatabaseDocument))]
[JsonSerializable(typeof(NameDocument))]
[JsonSerializable(typeof(IdsDocument))]
[JsonSerializable(typeof(DropDocument))]
[JsonSerializable(typeof(LakeDocument))]
[JsonSerializable(typeof(TableDocument))]
[JsonSerializable(typeof(PartitionsDocument))]
internal sealed partial class CatalogJson : JsonSerializerContext
{
    /// <summary>Largest object of the catalog: schemas of all versions of one table.</summary>
    public const int ObjectBytesMax = 16 * 1024 * 1024;

    public static byte[] Write<T>(T document, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(document, type);
        return bytes.Length <= ObjectBytesMax ? bytes
            : throw new GridException(GridErrorCode.TooLarge, $"The table's schemas take {bytes.Length} bytes in the catalog; at most {ObjectBytesMax} are legal. Use fewer columns, or make a new table.");
    }

    public static T Read<T>(string name, ObjectContent content, JsonTypeInfo<T> type, Func<T, int> formatOf)
    {
        try
        {
            if (content.Bytes.Length > ObjectBytesMax)
                throw Damaged(name, $"it has {content.Bytes.Length} bytes, more than {ObjectBytesMax}");
            var document = JsonSerializer.Deserialize(content.Bytes.Span, type) ?? throw Damaged(name, "it is null");
            return formatOf(document) == TableDocuments.Format ? document
                : throw new GridException(GridErrorCode.StorageFailed, $"Catalog object '{name}' has format {formatOf(document)}; this version of Grid reads {TableDocuments.Format}. Use a newer Grid.");
        }
        catch (JsonException exception)
        {
            throw Damaged(name, exception.Message);
        }
    }

    public static GridException Damaged(string name, string problem) =>
        new(GridErrorCode.StorageFailed, $"Catalog object '{name}' is damaged: {problem}. Restore it from a backup.");
}
