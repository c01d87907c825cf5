using System.Text.Json.Serialization;

namespace Grid.Storage.Lake.Keys;

/// <summary>Serializers made at build time.</summary>
[JsonSerializable(typeof(LakeIndexMeta))]
internal sealed partial class LakeIndexJson : JsonSerializerContext;
