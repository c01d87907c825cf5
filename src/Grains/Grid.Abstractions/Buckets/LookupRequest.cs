using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>Looks full keys up.</summary>
[GenerateSerializer, Immutable, Alias("grid.LookupRequest")]
public sealed record LookupRequest
{
    /// <summary>The encoded keys, a key block (see <see cref="KeyBlock"/>): 1 to <see cref="GridLimits.LookupKeysMax"/> keys, at most <see cref="GridLimits.CallBytesMax"/> bytes.</summary>
    [Id(0)]
    public required FrameBlock Keys { get; init; }

    /// <summary>The schema version the answer is to have and that <see cref="Columns"/> speaks of.</summary>
    [Id(1)]
    public required SchemaVersion SchemaVersion { get; init; }

    /// <summary>Whether <see cref="Columns"/> is meant; false: all columns.</summary>
    [Id(2)]
    public bool Project { get; init; }

    /// <summary>The columns wanted, in this order.</summary>
    [Id(3)]
    public ImmutableArray<ColumnId> Columns { get; init; } = [];

    /// <summary>Adds a last int64 column <c>_version</c>.</summary>
    [Id(4)]
    public bool Versions { get; init; }

    /// <summary>The shard must have applied everything below this offset before it answers.</summary>
    [Id(5)]
    public LogOffset Floor { get; init; }
}

/// <summary>Rows found.</summary>
[GenerateSerializer, Immutable, Alias("grid.LookupAnswer")]
public sealed record LookupAnswer
{
    /// <summary>Keys answered: a prefix of the request's; ask again for the rest (an answer is bounded in bytes).</summary>
    [Id(0)]
    public int Answered { get; init; }

    /// <summary>Bit i (bit i % 8 of byte i / 8) of the answered keys: whether a row was found.</summary>
    [Id(1)]
    public ImmutableArray<byte> Found { get; init; } = [];

    /// <summary>One uncompressed frame with the found rows in the order of their keys; null where none was found. The caller disposes it.</summary>
    [Id(2)]
    public FrameBlock? Rows { get; init; }

    /// <summary>The shard's applied offset when it was read.</summary>
    [Id(3)]
    public LogOffset AppliedOffset { get; init; }
}
