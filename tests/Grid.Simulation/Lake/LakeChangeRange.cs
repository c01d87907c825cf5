using System.Collections.Immutable;
using Grid.Storage.Lake.Commit;

namespace Grid.Simulation.Lake;

/// <summary>From where to where a change brings its buckets, to the same place where it only counts on their not moving; none for one that only rewrites files.</summary>
internal sealed record LakeChangeRange(ImmutableArray<(LakeBucket Bucket, long From, long To)> Ranges);
