using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// Replaces all of a log by one new segment at another offset, in one step as far as a crash can tell:
/// <code>
/// 1  the new segment is made under its provisional name and flushed     a crash: the old log; what has a provisional name goes, or is its empty last segment
/// 2  it is renamed to "the only one", the directory is flushed          from here on: the new log
/// 3  every other segment is deleted, the directory is flushed           a crash: opening goes on here
/// 4  it gets its final name, the directory is flushed
/// </code>
/// </summary>
internal static class LogRestart
{
    /// <summary>Steps 1 and 2. Opening the folder does the rest.</summary>
    public static void Begin(IFileStore store, string directory, LogOffset start, LogSettings settings)
    {
        var next = SegmentSealing.Create(store, directory, settings, settings.Table.Schema.Version, start, nowMs: 0);
        try
        {
            next.Flush();
            next.Rename(Path.Combine(directory, SegmentName.Of(start, SegmentPlace.Only)));
            store.SyncDirectory(directory);
        }
        finally
        {
            next.KeepOpen(false);
        }
    }

    /// <summary>Steps 3 and 4, if a restart was begun.</summary>
    public static void Finish(IFileStore store, string directory)
    {
        LogOffset? start = null;
        List<string> others = [];
        foreach (var name in store.List(directory))
        {
            if (!SegmentName.TryParse(name, out var offset, out var place))
                continue;
            if (place == SegmentPlace.Only)
                start = offset;
            else
                others.Add(name);
        }

        if (start is not { } only)
            return;
        foreach (var name in others)
            store.Delete(Path.Combine(directory, name));
        store.SyncDirectory(directory);
        store.Rename(Path.Combine(directory, SegmentName.Of(only, SegmentPlace.Only)), Path.Combine(directory, SegmentName.Of(only)));
        store.SyncDirectory(directory);
    }
}
