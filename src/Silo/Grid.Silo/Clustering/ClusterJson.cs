using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Silo.Clustering;

/// <summary>Reads and writes the cluster's documents without reflection; what does not read is reported as damaged, by the object's name.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(MembershipDocument))]
[JsonSerializable(typeof(AliveDocument))]
internal sealed partial class ClusterJson : JsonSerializerContext
{
    /// <summary>The format of the documents that this version of Grid reads and writes.</summary>
    public const int Format = 1;

    /// <summary>Largest document: some thousands of silos, at about 400 bytes a row.</summary>
    public const int ObjectBytesMax = 4 * 1024 * 1024;

    public static byte[] Write<T>(T document, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(document, type);
        return bytes.Length <= ObjectBytesMax ? bytes
            : throw new GridException(GridErrorCode.TooLarge,
                $"The membership table takes {bytes.Length} bytes; at most {ObjectBytesMax} are legal. Run fewer silos in one cluster, or lower MaxDefunctSiloEntries.");
    }

    public static T Read<T>(string name, ObjectContent content, JsonTypeInfo<T> type, Func<T, int> formatOf)
    {
        try
        {
            if (content.Bytes.Length > ObjectBytesMax)
                throw Damaged(name, $"it has {content.Bytes.Length} bytes, more than {ObjectBytesMax}");
            var document = JsonSerializer.Deserialize(content.Bytes.Span, type) ?? throw Damaged(name, "it is null");
            return formatOf(document) == Format ? document
                : throw new GridException(GridErrorCode.StorageFailed,
                    $"Cluster object '{name}' has format {formatOf(document)}; this version of Grid reads {Format}. Use a newer Grid.");
        }
        catch (JsonException exception)
        {
            throw Damaged(name, exception.Message);
        }
    }

    public static GridException Damaged(string name, string problem) =>
        new(GridErrorCode.StorageFailed, $"Cluster object '{name}' is damaged: {problem}. Stop all silos of the cluster and delete it; they make it anew.");
}
