namespace Grid.Abstractions;

/// <summary>Where a leadership's frames begin in a log. Two logs that have the same epoch at the same offset are the same up to there.</summary>
/// <param name="Epoch">The epoch of the frames.</param>
/// <param name="Offset">The base offset of its first frame in the log.</param>
[GenerateSerializer, Immutable, Alias("grid.EpochStart")]
public readonly record struct EpochStart([property: Id(0)] LeaderEpoch Epoch, [property: Id(1)] LogOffset Offset);
