namespace Grid.Storage.Lake.Avro;

/// <summary>What a container may ask of its reader. The reader has the file already; these bound what it makes of it.</summary>
internal static class AvroLimits
{
    /// <summary>Most bytes of the header's metadata, the schema's JSON among them.</summary>
    public const int HeaderBytesMax = 16 * 1024 * 1024;

    /// <summary>Most pairs of the header's metadata.</summary>
    public const int HeaderPairsMax = 1000;

    /// <summary>Most bytes of a block, decompressed. Writers end their blocks at some ten KiB.</summary>
    public const int BlockBytesMax = 32 * 1024 * 1024;

    /// <summary>Most values in one record, nested ones counted: a data file with six metrics on each of 10,000 columns and nested fields has 3 x 6 x 10,000.</summary>
    public const int ValuesMax = 256 * 1024;

    /// <summary>Most types in a schema.</summary>
    public const int TypesMax = 20_000;

    /// <summary>Deepest nesting of types.</summary>
    public const int DepthMax = 32;
}
