using System.Text.Json;
using System.Text.Json.Serialization;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Writes JSON without reflection.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class LakeJson : JsonSerializerContext;
