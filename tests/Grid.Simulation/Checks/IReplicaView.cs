using Grid.Abstractions;
using Grid.Simulation.History;

namespace Grid.Simulation.Checks;

/// <summary>What a checker may see of a replica that runs: everything that is, not only what clients are shown.</summary>
internal interface IReplicaView
{
    NodeName Node { get; }

    /// <summary>Whether it takes writes or answers reads as the leader of <see cref="Epoch"/>.</summary>
    bool Leads { get; }

    /// <summary>The highest epoch that it has persisted.</summary>
    LeaderEpoch Epoch { get; }

    LogOffset StartOffset { get; }

    LogOffset EndOffset { get; }

    LogOffset HighWatermark { get; }

    /// <summary>The frames from the one that holds an offset to the log's end, in order.</summary>
    IEnumerable<FrameId> ReadFrames(LogOffset from);
}
