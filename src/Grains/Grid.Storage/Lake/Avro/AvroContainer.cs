namespace Grid.Storage.Lake.Avro;

/// <summary>The words of a container file that its writer and its reader share.</summary>
internal static class AvroContainer
{
    /// <summary>Bytes of the marker that ends the header and each block: random for each file, so that a reader that lost its place can find the next.</summary>
    public const int SyncBytes = 16;

    public const string SchemaKey = "avro.schema";

    public const string CodecKey = "avro.codec";

    public static ReadOnlySpan<byte> Magic => "Obj\x01"u8;

    public static string NameOf(AvroCodec codec) => codec == AvroCodec.Deflate ? "deflate" : "null";

    /// <summary>A header without a codec has the codec null.</summary>
    public static AvroCodec CodecOf(string? name) => name switch
    {
        null or "null" => AvroCodec.Null,
        "deflate" => AvroCodec.Deflate,
        _ => throw LakeErrors.Unsupported($"the Avro codec '{(name.Length <= 30 ? name : name[..30])}'"),
    };
}
