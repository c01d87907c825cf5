namespace Grid.Grains.Tiering;

/// <summary>The newest metadata file of a lake table.</summary>
/// <param name="Location">Where it is, as engines write it.</param>
/// <param name="Tag">Names this version of this lake table; no other has it.</param>
/// <param name="Json">The file, which was read as table metadata and is such.</param>
public sealed record LakeTableFile(string Location, string Tag, ReadOnlyMemory<byte> Json);
