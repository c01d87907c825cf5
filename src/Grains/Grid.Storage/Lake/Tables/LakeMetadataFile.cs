using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>A version's metadata file.</summary>
/// <param name="Version">The number in its name, from 1.</param>
/// <param name="Location">Where it is, as engines write it.</param>
/// <param name="Metadata">What it says.</param>
/// <param name="Bytes">The file.</param>
internal sealed record LakeMetadataFile(int Version, string Location, TableMetadata Metadata, ReadOnlyMemory<byte> Bytes);
