using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>A version of a lake table.</summary>
/// <param name="Version">The number in the name of its metadata file, from 1.</param>
/// <param name="Metadata">What that file says.</param>
/// <param name="Offsets">How far each bucket is in the lake, by its properties.</param>
internal sealed record LakeState(int Version, TableMetadata Metadata, LakeOffsets Offsets);
