using Grid.Simulation.History;

namespace Grid.Simulation.Checks;

/// <summary>Acknowledged = durable: every acknowledged append is in the final log once, where it was told; nothing is there twice, or was never sent; a writer's frames stand in its order.</summary>
internal static class AppendCheck
{
    public static void Check(IReadOnlyList<FrameId> log, IReadOnlyList<AppendOperation> appends)
    {
        var frames = new Dictionary<(long Writer, int Sequence, ulong Hash), FrameId>();
        var last = new Dictionary<long, int>();
        foreach (var frame in log)
        {
            if (!frames.TryAdd((frame.Writer, frame.Sequence, frame.Hash), frame))
                throw new CheckFailedException($"The log has {frame} a second time; the first is {frames[(frame.Writer, frame.Sequence, frame.Hash)]}.");
            if (frame.Sequence != last.GetValueOrDefault(frame.Writer, -1) + 1)
                throw new CheckFailedException($"In the log {frame} follows its writer's sequence {last.GetValueOrDefault(frame.Writer, -1)}.");
            last[frame.Writer] = frame.Sequence;
        }

        foreach (var append in appends)
        {
            var found = frames.Remove((append.Writer, append.Sequence, append.Hash), out var frame);
            if (append.CompletedAt is null)
                continue;
            if (!found)
                throw new CheckFailedException($"Lost: {append} is not in the final log, which ends with {(log.Count > 0 ? log[^1] : "nothing")}.");
            if (frame.BaseOffset != append.BaseOffset || frame.EndOffset != append.EndOffset)
                throw new CheckFailedException($"{append}, but it stands at {frame}.");
        }

        if (frames.Count > 0)
            throw new CheckFailedException($"The log has {frames.Values.MinBy(frame => frame.BaseOffset)}, which nobody sent.");
    }
}
