namespace Grid.Storage.Lake.Tables;

/// <summary>How a commit ended.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="State">The version that it made; of one that was discarded the head that it saw last, if it saw one.</param>
internal sealed record LakeCommit(LakeOutcome Outcome, LakeState? State);
