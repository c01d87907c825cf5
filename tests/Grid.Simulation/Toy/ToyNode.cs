using Grid.Abstractions;
using Grid.Simulation.Checks;
using Grid.Simulation.History;

namespace Grid.Simulation.Toy;

/// <summary>A replica of the toy protocol: a list of frames, a watermark, and whether it thinks that it leads.</summary>
internal sealed class ToyNode(NodeName name) : IReplicaView
{
    private long _watermark;

    public NodeName Node => name;

    public List<FrameId> Log { get; } = [];

    public bool Leads { get; set; }

    public LeaderEpoch Epoch => default;

    public LogOffset StartOffset => LogOffset.Zero;

    public LogOffset EndOffset => new(End);

    public LogOffset HighWatermark => new(_watermark);

    public long End => Log.Count == 0 ? 0 : Log[^1].EndOffset;

    public IEnumerable<FrameId> ReadFrames(LogOffset from) => Log.Where(frame => frame.EndOffset > from.Value);

    public void Advance(long watermark) => _watermark = Math.Max(_watermark, Math.Min(watermark, End));

    /// <summary>What a primary sent goes where it says, over what was there: this is where the toy loses data.</summary>
    public bool Take(FrameId frame)
    {
        if (frame.BaseOffset > End)
            return false;
        Log.RemoveAll(other => other.EndOffset > frame.BaseOffset);
        Log.Add(frame);
        _watermark = Math.Min(_watermark, End);
        return true;
    }
}
