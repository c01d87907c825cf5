using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>Reads a log from an offset to its end in order, as opening a shard needs it. Blocking.</summary>
internal static class LogReplay
{
    /// <summary>
    /// The frames from the one that holds <paramref name="from"/> on and below <paramref name="to"/>, hashes checked. A frame's message is valid until the next frame is asked for.
    /// Nothing is appended meanwhile.
    /// </summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: with file and position.</exception>
    public static IEnumerable<Frame> ReadFrames(this BucketLog log, LogOffset from, LogOffset to)
    {
        foreach (var segment in log.Segments)
        {
            if (segment.EndOffset <= from || segment.Index.Count == 0)
                continue;
            if (from >= to || segment.BaseOffset >= to)
                yield break;
            var start = segment.Index.Frames[Math.Max(0, FrameIndex.FindOffset(segment.Index.Frames, from))].Position;
            var file = log.Lease(segment);
            try
            {
                using var walk = new FrameWalk(file, start, segment.FramesEnd, checkMessages: true);
                while (walk.Next())
                {
                    if (walk.Header.BaseOffset >= to)
                        yield break;
                    yield return new Frame(walk.Header, walk.Message);
                }

                if (walk.Damage is { } damage)
                    throw SegmentRecovery.Corrupt(segment.Path, walk.NextPosition, damage);
            }
            finally
            {
                segment.Release();
            }
        }
    }
}
