using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>
/// The first word of a new leader to a replica: the replica persists the epoch, refuses lower ones from then on, and cuts its log back to the last offset at
/// which both logs have the same epoch. What lies behind that was never committed.
/// </summary>
[GenerateSerializer, Immutable, Alias("grid.AlignRequest")]
public sealed record AlignRequest
{
    /// <summary>Most entries of a history.</summary>
    public const int HistoryMax = 4096;

    /// <summary>The leader's epoch.</summary>
    [Id(0)]
    public required LeaderEpoch Epoch { get; init; }

    /// <summary>The leader.</summary>
    [Id(1)]
    public required NodeName Leader { get; init; }

    /// <summary>The first offset that the leader's log has.</summary>
    [Id(2)]
    public required LogOffset StartOffset { get; init; }

    /// <summary>The offset after its last.</summary>
    [Id(3)]
    public required LogOffset EndOffset { get; init; }

    /// <summary>The epochs of the leader's log, oldest first, at most <see cref="HistoryMax"/>; the first one's offset is the leader's start, or where the newest ones begin.</summary>
    [Id(4)]
    public required ImmutableArray<EpochStart> History { get; init; }

    /// <summary>What the leader knows to be committed.</summary>
    [Id(5)]
    public LogOffset HighWatermark { get; init; }
}
