using Grid.Abstractions;

namespace Grid.Simulation.History;

/// <summary>What one fetch gave.</summary>
/// <param name="Node">Who answered.</param>
/// <param name="AsLeader">Whether it answered as the leader.</param>
/// <param name="InvokedAt">When the reader asked.</param>
/// <param name="From">The offset asked for.</param>
/// <param name="Frames">What it gave.</param>
/// <param name="HighWatermark">The high watermark that came with it.</param>
internal sealed record LogObservation(NodeName Node, bool AsLeader, TimeSpan InvokedAt, long From, IReadOnlyList<FrameId> Frames, long HighWatermark);
