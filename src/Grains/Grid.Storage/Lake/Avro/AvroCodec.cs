namespace Grid.Storage.Lake.Avro;

/// <summary>How the blocks of a container are compressed: the two codecs that every implementation of Avro has.</summary>
internal enum AvroCodec
{
    /// <summary>Not at all.</summary>
    Null,

    /// <summary>Raw deflate (RFC 1951), without zlib's header and checksum.</summary>
    Deflate,
}
