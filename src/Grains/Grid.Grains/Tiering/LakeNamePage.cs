using System.Collections.Immutable;

namespace Grid.Grains.Tiering;

/// <summary>Names in ordinal order, a part of them or all.</summary>
/// <param name="Names">The names.</param>
/// <param name="Next">The name behind which the next page begins; null: there is none.</param>
public sealed record LakeNamePage(ImmutableArray<string> Names, string? Next);
