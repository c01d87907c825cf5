using Grid.Simulation.History;

namespace Grid.Simulation.Checks;

/// <summary>
/// Readers see prefixes only: what any of them was given is in the final log, at the same place, without holes. A leader's answer is up to date: whatever was acknowledged before the reader
/// asked lies below its watermark.
/// </summary>
internal static class PrefixCheck
{
    public static void Check(IReadOnlyList<FrameId> log, RunHistory history)
    {
        var byOffset = log.ToDictionary(frame => frame.BaseOffset);
        var acknowledged = history.Appends.Where(append => append.CompletedAt is not null).OrderBy(append => append.CompletedAt).ToList();
        var next = 0;
        var floor = 0L;
        foreach (var read in history.Reads.OrderBy(read => read.InvokedAt))
        {
            for (; next < acknowledged.Count && acknowledged[next].CompletedAt < read.InvokedAt; next++)
                floor = Math.Max(floor, acknowledged[next].EndOffset);
            CheckFrames(byOffset, read);
            if (read.AsLeader && read.HighWatermark < floor)
                throw new CheckFailedException(FormattableString.Invariant(
                    $"Stale: {read.Node} answered as leader at {read.InvokedAt.TotalMilliseconds:0.0} ms with a watermark of {read.HighWatermark}; offsets below {floor} were acknowledged before."));
        }
    }

    private static void CheckFrames(Dictionary<long, FrameId> log, LogObservation read)
    {
        for (var i = 0; i < read.Frames.Count; i++)
        {
            var frame = read.Frames[i];
            if (!log.TryGetValue(frame.BaseOffset, out var final) || final != frame)
                throw new CheckFailedException($"A reader saw {frame} on {read.Node}; the final log has {(final == default ? "no frame that begins there" : final)}.");
            if (frame.EndOffset > read.HighWatermark)
                throw new CheckFailedException($"A reader saw {frame} on {read.Node} above the watermark of {read.HighWatermark}.");
            if (i == 0 ? frame.BaseOffset > read.From || frame.EndOffset <= read.From : frame.BaseOffset != read.Frames[i - 1].EndOffset)
                throw new CheckFailedException($"A reader asked {read.Node} for offset {read.From} and got {frame} as frame {i}: a hole.");
        }
    }
}
