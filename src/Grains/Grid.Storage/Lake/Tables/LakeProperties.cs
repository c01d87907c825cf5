namespace Grid.Storage.Lake.Tables;

/// <summary>Keys that Grid sets in a table's properties and in the summaries of its snapshots.</summary>
internal static class LakeProperties
{
    /// <summary>The id of the Grid table.</summary>
    public const string TableId = "grid.table-id";

    /// <summary>Its path when the lake table was made.</summary>
    public const string TablePath = "grid.table";

    /// <summary>How far each bucket is in the lake: <see cref="Commit.LakeOffsets"/> as text.</summary>
    public const string Offsets = "grid.offsets";

    /// <summary>The location of a file with that text, where it is long.</summary>
    public const string OffsetsFile = "grid.offsets-file";

    /// <summary>The commit that made the version, by a random id: how a commit knows its own version, also one without a snapshot.</summary>
    public const string Commit = "grid.commit";

    /// <summary>How the Parquet files are compressed, for writers that are not ours.</summary>
    public const string Compression = "write.parquet.compression-codec";
}
