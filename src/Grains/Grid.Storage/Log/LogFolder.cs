using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>What opening a log's folder found.</summary>
/// <param name="Segments">The segments in order; all but the last are sealed.</param>
/// <param name="BytesCut">Bytes of torn frames that were cut off.</param>
internal readonly record struct RecoveredLog(List<Segment> Segments, long BytesCut);

/// <summary>
/// Brings a log's folder into order after any end of the process or the machine. What a crash can leave, see <see cref="BucketLog"/>'s crash argument:
/// sealed segments, all with final names; then one with a final name that may be sealed or not; then, with provisional names, segments whose
/// predecessors may not be on disk; or a segment that is to replace all of it, see <see cref="LogRestart"/>. Anything else is damage and refused, never repaired by guessing.
/// </summary>
internal static class LogFolder
{
    public static RecoveredLog Open(IFileStore store, string directory, LogSettings settings, WriterStates writers)
    {
        store.CreateDirectory(directory);
        LogRestart.Finish(store, directory);
        List<LogOffset> final = [], pending = [];
        foreach (var name in store.List(directory))
            if (SegmentName.TryParse(name, out var offset, out var place))
                (place == SegmentPlace.Pending ? pending : final).Add(offset);

        var segments = new List<Segment>(final.Count + pending.Count);
        try
        {
            var bytesCut = OpenFinal(store, directory, final, segments, writers);

            // A segment that does not begin where the one before it ends follows a hole: the frames in the hole were never flushed, so what follows was never
            // acknowledged under a policy that flushes.
            foreach (var offset in pending)
            {
                if (segments.Count == 0 || !Adopt(store, directory, offset, segments, settings, writers, ref bytesCut))
                    store.Delete(Path.Combine(directory, SegmentName.Of(offset, SegmentPlace.Pending)));
            }

            store.SyncDirectory(directory);
            return new RecoveredLog(segments, bytesCut);
        }
        catch
        {
            segments.ForEach(static segment => segment.KeepOpen(false));
            throw;
        }
    }

    private static long OpenFinal(IFileStore store, string directory, List<LogOffset> offsets, List<Segment> segments, WriterStates writers)
    {
        var bytesCut = 0L;
        for (var i = 0; i < offsets.Count; i++)
        {
            var path = Path.Combine(directory, SegmentName.Of(offsets[i]));
            if (i > 0 && segments[i - 1].EndOffset != offsets[i])
                throw SegmentRecovery.Corrupt(path, 0, $"it begins at offset {offsets[i]}, the segment before it ends at {segments[i - 1].EndOffset}; a segment is missing or cut");
            var segment = SegmentRecovery.TryOpenSealed(store, path, offsets[i], writers);
            if (segment is null && i < offsets.Count - 1)
                throw SegmentRecovery.Corrupt(path, store.LengthOf(path), "its tail is not what was written when it was sealed");
            segment ??= SegmentRecovery.TryOpenActive(store, path, offsets[i], pending: false, writers, out bytesCut)
                ?? throw SegmentRecovery.Corrupt(path, 0, "the head before its first frame is not what was written");
            segments.Add(segment);
        }

        return bytesCut;
    }

    /// <summary>Takes a segment with a provisional name into the log: its predecessor is whole, so it is sealed first. False: it is not usable.</summary>
    private static bool Adopt(
        IFileStore store, string directory, LogOffset offset, List<Segment> segments, LogSettings settings, WriterStates writers, ref long bytesCut)
    {
        var before = segments[^1];
        if (before.EndOffset != offset || before.Index.Count == 0)
            return false;
        var path = Path.Combine(directory, SegmentName.Of(offset, SegmentPlace.Pending));
        if (SegmentRecovery.TryOpenActive(store, path, offset, pending: true, writers, out var cut) is not { } segment)
            return false;
        bytesCut += cut;
        segments.Add(segment);
        if (!before.IsSealed)
            SegmentSealing.Seal(before, settings);
        before.KeepOpen(false);
        segment.MarkFinal(Path.Combine(directory, SegmentName.Of(offset)));
        store.SyncDirectory(directory);
        return true;
    }

    private static long LengthOf(this IFileStore store, string path)
    {
        using var file = store.Open(path);
        return file.Length;
    }
}
