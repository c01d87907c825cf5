using Grid.Abstractions;

namespace Grid.Simulation.History;

/// <summary>A row of a changelog.</summary>
internal readonly record struct KeyChange(ChangeKind Kind, long Key, long Value, long Offset);

/// <summary>A row of a shard.</summary>
internal readonly record struct KeyRow(long Key, long Value, long Version);
