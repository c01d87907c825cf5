namespace Grid.Simulation.Kit;

/// <summary>What a caller learns of a conditional replace.</summary>
internal enum RecordOutcome
{
    Replaced,

    /// <summary>The record was another one.</summary>
    Lost,

    /// <summary>The store failed, or did not answer in time: it may have been replaced.</summary>
    Unknown,
}
