using Grid.Abstractions;
using Grid.Simulation.History;

namespace Grid.Simulation.Checks;

/// <summary>
/// No two values at one offset below the watermark: what any replica ever showed below its high watermark is committed, and every replica that has those offsets below its own has the same
/// frames there, for ever. A replica's watermark does not fall, nor its log end below it, while it runs.
/// </summary>
internal sealed class CommitCheck
{
    private readonly List<FrameId> _committed = [];
    private readonly Dictionary<NodeName, long> _seen = [];

    /// <summary>Everything that was ever committed, from offset 0 on.</summary>
    public IReadOnlyList<FrameId> Committed => _committed;

    public long CommittedEnd => _committed.Count == 0 ? 0 : _committed[^1].EndOffset;

    /// <summary>The replica starts again: it may know a lower watermark than before, and all its frames are looked at again.</summary>
    public void Restarted(NodeName node) => _seen.Remove(node);

    /// <summary>Looks at what is new below a replica's watermark.</summary>
    public void Observe(IReplicaView replica)
    {
        var watermark = replica.HighWatermark.Value;
        var seen = _seen.GetValueOrDefault(replica.Node, replica.StartOffset.Value);
        if (replica.EndOffset.Value < watermark)
            throw Failed(replica, $"its log ends at {replica.EndOffset}, its watermark is {watermark}");
        if (watermark < seen)
            throw Failed(replica, $"its watermark fell from {seen} to {watermark}");
        if (watermark > seen)
            Check(replica, seen, watermark);
        _seen[replica.Node] = watermark;
    }

    /// <summary>Looks at all that a replica has, up to the end of what is committed, whatever its watermark says: at the end of a run it must have all of it.</summary>
    public void ObserveFinal(IReplicaView replica)
    {
        if (replica.EndOffset.Value < CommittedEnd)
            throw Failed(replica, $"its log ends at {replica.EndOffset} although everything below {CommittedEnd} is committed");
        Check(replica, replica.StartOffset.Value, CommittedEnd);
    }

    private void Check(IReplicaView replica, long from, long to)
    {
        var next = from;
        foreach (var frame in replica.ReadFrames(new LogOffset(from)))
        {
            if (frame.BaseOffset >= to)
                break;
            if (frame.BaseOffset != next || frame.EndOffset > to)
                throw Failed(replica, $"at offset {next} it has {frame}, and its watermark is {to}");
            Commit(replica, frame);
            next = frame.EndOffset;
        }

        if (next < to)
            throw Failed(replica, $"it has no frames from {next} on, below its watermark of {to}");
    }

    private void Commit(IReplicaView replica, FrameId frame)
    {
        if (frame.BaseOffset == CommittedEnd)
        {
            _committed.Add(frame);
            return;
        }

        var index = Find(frame.BaseOffset);
        if (index < 0 || _committed[index] != frame)
            throw Failed(replica, $"it shows {frame} as committed, where {(index < 0 ? $"no frame begins (committed end {CommittedEnd})" : $"{_committed[index]} was committed")}");
    }

    private int Find(long offset)
    {
        int low = 0, high = _committed.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_committed[middle].BaseOffset < offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low < _committed.Count && _committed[low].BaseOffset == offset ? low : -1;
    }

    private static CheckFailedException Failed(IReplicaView replica, string what) => new($"Committed frames are not the same everywhere: on {replica.Node}, {what}.");
}
