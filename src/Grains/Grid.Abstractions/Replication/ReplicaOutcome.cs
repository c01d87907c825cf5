namespace Grid.Abstractions;

/// <summary>What a replica did with a leader's request. The numbers are part of the protocol.</summary>
public enum ReplicaOutcome : byte
{
    /// <summary>Done.</summary>
    Accepted = 0,

    /// <summary>The replica knows a higher epoch: whoever sent this does not lead any more.</summary>
    StaleEpoch = 1,

    /// <summary>The replica was not aligned at this epoch since it opened: align first.</summary>
    NotAligned = 2,

    /// <summary>Frames before these are missing: send from the replica's end offset on.</summary>
    Gap = 3,

    /// <summary>The replica's log ends before the leader's begins, or it cannot be cut back: it has to be refilled.</summary>
    NeedsRefill = 4,

    /// <summary>The replica cannot write: disk full or failed.</summary>
    Failed = 5,
}
