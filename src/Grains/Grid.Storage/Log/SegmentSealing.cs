using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>Makes new segment files, and complete ones of those that are full.</summary>
internal static class SegmentSealing
{
    /// <summary>
    /// Makes a segment file under its provisional name and writes its head; nothing is flushed. What has that name already is left over from a
    /// roll that failed, and holds nothing.
    /// </summary>
    public static Segment Create(IFileStore store, string directory, LogSettings settings, SchemaVersion version, LogOffset baseOffset, long nowMs)
    {
        var path = Path.Combine(directory, SegmentName.Of(baseOffset, SegmentPlace.Pending));
        var head = SegmentFormat.Head(settings.ArrowSchemaOf(version), version, baseOffset, nowMs);
        store.Delete(path);
        var file = store.Create(path);
        try
        {
            file.Write([head], 0);
            return new Segment(store, file, new SegmentRecord { Offset = baseOffset, SchemaVersion = version }, head.Length, pending: true);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Flushes the frames, writes the tail, flushes that. In this order: a whole tail says that the frames before it are on disk, so recovery can tell a
    /// sealed segment that was damaged later from one whose last frames never reached the disk.
    /// </summary>
    public static void Seal(Segment segment, LogSettings settings)
    {
        var tail = SegmentFormat.Tail(settings.ArrowSchemaOf(segment.SchemaVersion), segment.SchemaVersion, segment.Index.Marks);
        var file = segment.Acquire();
        try
        {
            file.Flush();
            file.Write([tail], segment.FramesEnd);
            file.Flush();
            segment.MarkSealed(segment.FramesEnd + tail.Length);
        }
        finally
        {
            segment.Release();
        }
    }
}
