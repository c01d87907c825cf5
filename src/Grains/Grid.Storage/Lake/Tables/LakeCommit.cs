using Grid.Storage.Lake.Commit;

namespace Grid.Storage.Lake.Tables;

/// <summary>How a commit ended.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="State">The version that it made; of one that was discarded the head that it saw last, if it saw one.</param>
internal sealed record LakeCommit(LakeOutcome Outcome, LakeState? State)
{
    /// <summary>Why, where it was discarded; else null.</summary>
    public DiscardReason? Reason { get; init; }

    /// <summary>The store's last failure on the way; null: none.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Whether somebody else's commit was in the way, and the store is well: it may be tried again at once, from what the table is now.</summary>
    public bool IsLostRace => Reason is DiscardReason.OffsetsMoved or DiscardReason.FileGone or DiscardReason.Outrun;
}
