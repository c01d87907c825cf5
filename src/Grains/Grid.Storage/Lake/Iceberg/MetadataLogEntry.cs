namespace Grid.Storage.Lake.Iceberg;

/// <summary>An older metadata file of a table.</summary>
/// <param name="TimestampMs">When it was written, milliseconds since 1970.</param>
/// <param name="Location">Where it is.</param>
internal sealed record MetadataLogEntry(long TimestampMs, string Location);
