using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Grid.Abstractions;

namespace Grid.Storage.Nodes;

/// <summary>Reads and writes the documents about nodes, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NodeIdentityDocument))]
[JsonSerializable(typeof(NodeRegistrationDocument))]
[JsonSerializable(typeof(DrainMarkDocument))]
[JsonSerializable(typeof(StoreIdentityDocument))]
internal sealed partial class NodeJson : JsonSerializerContext
{
    /// <summary>The format that this program writes and reads.</summary>
    public const int Format = 1;

    /// <summary>Largest document.</summary>
    public const int BytesMax = 4 * 1024;

    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: by the name given; <see cref="GridErrorCode.StorageFailed"/>: of a later format.</exception>
    public static T Read<T>(string name, ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, Func<T, int> formatOf)
    {
        if (bytes.Length > BytesMax)
            throw Damaged(name, $"it has {bytes.Length} bytes, more than {BytesMax}");
        try
        {
            var document = JsonSerializer.Deserialize(bytes, type) ?? throw Damaged(name, "it is null");
            return formatOf(document) == Format ? document
                : throw new GridException(GridErrorCode.StorageFailed, $"'{name}' has format {formatOf(document)}; this version of Grid reads {Format}. Use a newer Grid.");
        }
        catch (JsonException exception)
        {
            throw Damaged(name, exception.Message);
        }
    }

    public static GridException Damaged(string name, string problem) => new(GridErrorCode.Corrupt, $"'{name}' is damaged: {problem}. Restore it from a backup.");
}
