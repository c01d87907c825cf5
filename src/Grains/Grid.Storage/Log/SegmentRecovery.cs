using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>Opens a segment file: learns its frames, checks what must hold, cuts what may be cut.</summary>
internal static class SegmentRecovery
{
    /// <summary>
    /// Opens a sealed segment: head, tail and every header are checked, messages are not read. Null: its tail is not there or damaged, so it is not
    /// known to be sealed.
    /// </summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: with file and position.</exception>
    public static Segment? TryOpenSealed(IFileStore store, string path, LogOffset baseOffset, WriterStates writers)
    {
        var file = store.Open(path);
        try
        {
            if (SegmentFormat.TryReadTail(file) is not { } tail)
            {
                file.Dispose();
                return null;
            }

            var segment = OpenHead(store, file, baseOffset, pending: false)
                ?? throw Corrupt(path, 0, "the head before its first frame is not what was written");
            using var walk = new FrameWalk(file, segment.HeadLength, tail.FramesEnd, checkMessages: false);
            if (Walk(segment, walk, writers) is { } damage)
                throw Corrupt(path, walk.NextPosition, damage);
            if (segment.Index.Count != tail.End.Frames || segment.EndOffset != tail.End.Offset || segment.SchemaVersion != tail.End.SchemaVersion)
                throw Corrupt(path, tail.FramesEnd,
                    $"its end record speaks of {tail.End.Frames} frames up to offset {tail.End.Offset}, it has {segment.Index.Count} up to {segment.EndOffset}");
            segment.MarkSealed(file.Length);
            segment.KeepOpen(false);
            return segment;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a segment that was being written: every message's hash is checked, the file is cut at the first bad frame and flushed, so that what is
    /// shown from now on is on disk. Null: even its head is not all there.
    /// </summary>
    /// <param name="store">The files.</param>
    /// <param name="path">The file.</param>
    /// <param name="baseOffset">The offset that its name says.</param>
    /// <param name="pending">Whether the name is provisional.</param>
    /// <param name="writers">Learns the frames' writers.</param>
    /// <param name="bytesCut">How many bytes were cut off.</param>
    public static Segment? TryOpenActive(IFileStore store, string path, LogOffset baseOffset, bool pending, WriterStates writers, out long bytesCut)
    {
        bytesCut = 0;
        var file = store.Open(path);
        try
        {
            if (OpenHead(store, file, baseOffset, pending) is not { } segment)
            {
                file.Dispose();
                return null;
            }

            var length = file.Length;
            using var walk = new FrameWalk(file, segment.HeadLength, length, checkMessages: true);
            Walk(segment, walk, writers);
            bytesCut = length - walk.NextPosition;
            if (bytesCut > 0)
                file.Truncate(walk.NextPosition);
            file.Flush();
            return segment;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static GridException Corrupt(string path, long position, string what) =>
        new(GridErrorCode.Corrupt, $"{path} is damaged at byte {position}: {what}. Restore the file from a copy; nothing was changed.");

    private static Segment? OpenHead(IFileStore store, IFile file, LogOffset baseOffset, bool pending)
    {
        if (SegmentFormat.TryReadHead(file) is not { } head)
            return null;
        if (head.Start.Offset != baseOffset)
            throw Corrupt(file.Path, 0, $"it begins at offset {head.Start.Offset}, its name says {baseOffset}");
        return new Segment(store, file, head.Start, head.Length, pending);
    }

    /// <summary>Makes all good frames known; the damage that ended the walk early, or null.</summary>
    private static string? Walk(Segment segment, FrameWalk walk, WriterStates writers)
    {
        var lastTimestampMs = 0L;
        while (walk.Next())
        {
            var header = walk.Header;
            if (header.BaseOffset != segment.EndOffset || header.SchemaVersion != segment.SchemaVersion || header.TimestampMs < lastTimestampMs)
            {
                walk.StepBack();
                return $"the frame there has offset {header.BaseOffset}, schema version {header.SchemaVersion} and time {header.TimestampMs}; "
                    + $"expected are {segment.EndOffset}, {segment.SchemaVersion} and at least {lastTimestampMs}";
            }

            segment.Add(header, walk.Position, walk.MetadataLength);
            writers.Record(header);
            lastTimestampMs = header.TimestampMs;
        }

        return walk.Damage;
    }
}
