using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// Takes frames out of a log: its end, or all of it. Runs while nothing else writes; what is left is learned anew from the files, as after a crash. After a failure nothing may be written until the log is
/// opened again.
/// </summary>
internal sealed class LogCutter(IFileStore store, string directory, SegmentList segments)
{
    /// <summary>
    /// Cuts the log's end back to a frame's boundary. Later segments are deleted newest first, each made durable; then the file that holds the boundary is cut, and flushed when it is opened anew. So a crash leaves a log
    /// without holes that ends somewhere between there and its old end.
    /// </summary>
    /// <returns>What is known of the writers of the frames that are left.</returns>
    public WriterStates CutEnd(LogOffset offset, LogSettings settings)
    {
        lock (segments.Files)
        {
            // Asked under the lock: retention may have taken the segment that ended at this offset, and another one begins there then.
            var position = PositionOf(offset);
            var all = segments.Current;
            var kept = CountKept(all, offset);
            segments.Replace(all[..kept]);
            foreach (var segment in all[kept..].Reverse())
            {
                segment.Delete();
                store.SyncDirectory(directory);
            }

            all[kept - 1].Truncate(position);
            return Reopen(settings);
        }
    }

    /// <summary>The byte where the log has to be cut to end at an offset.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: no frame begins or ends there.</exception>
    public int PositionOf(LogOffset offset)
    {
        var all = segments.Current;
        var marks = all[CountKept(all, offset) - 1].Index.Marks;
        var mark = marks[FrameIndex.FindOffset(marks, offset)];
        return mark.BaseOffset == offset.Value
            ? mark.Position
            : throw new GridException(GridErrorCode.Corrupt,
                $"The log in {directory} was to be cut at offset {offset}, which lies within a frame that begins at {mark.BaseOffset}; nothing was changed. Whoever asked for it has another log: compare the replicas.");
    }

    /// <summary>Replaces the log by an empty one that begins at an offset; a crash leaves the one or the other, see <see cref="LogRestart"/>.</summary>
    /// <returns>What is known of writers: nothing.</returns>
    public WriterStates StartOver(LogOffset start, LogSettings settings)
    {
        lock (segments.Files)
        {
            LogRestart.Begin(store, directory, start, settings);
            return Reopen(settings);
        }
    }

    /// <summary>The segments that begin below an offset, and the first one, which a log is never without.</summary>
    private static int CountKept(Segment[] all, LogOffset offset)
    {
        var kept = all.Length;
        while (kept > 1 && all[kept - 1].BaseOffset >= offset)
            kept--;
        return kept;
    }

    private WriterStates Reopen(LogSettings settings)
    {
        var writers = new WriterStates();
        segments.Replace(LogFolder.Open(store, directory, settings, writers).Segments);
        return writers;
    }
}
