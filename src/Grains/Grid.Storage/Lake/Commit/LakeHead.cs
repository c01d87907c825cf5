namespace Grid.Storage.Lake.Commit;

/// <summary>What the protocol has to know of a lake table's newest metadata file.</summary>
/// <param name="Version">The number in its name, from 1.</param>
/// <param name="Offsets">How far the buckets are in the lake.</param>
public sealed record LakeHead(int Version, LakeOffsets Offsets);
