using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>Deletes whole sealed segments from a log's start that are too old or too much; never the last one. Oldest first, each made durable, so that a crash leaves a log without holes.</summary>
internal sealed class LogRetention(IFileStore store, string directory, SegmentList segments)
{
    /// <summary>Deletes what is due and lies below <paramref name="keepFrom"/>; answers how many segments went. Blocking.</summary>
    public int Apply(TableOptions options, long nowMs, LogOffset keepFrom)
    {
        lock (segments.Files)
        {
            var deleted = 0;
            while (segments.TryRemoveFirst(all => IsDue(all, options, nowMs) && all[0].EndOffset <= keepFrom) is { } oldest)
            {
                oldest.Delete();
                store.SyncDirectory(directory);
                deleted++;
            }

            return deleted;
        }
    }

    /// <summary>Whether the oldest segment is due.</summary>
    public bool IsDue(TableOptions options, long nowMs) => IsDue(segments.Current, options, nowMs);

    private static bool IsDue(Segment[] segments, TableOptions options, long nowMs)
    {
        if (segments.Length < 2 || !segments[0].IsSealed || segments[1].IsPending)
            return false;
        return (options.RetentionMs > 0 && nowMs - segments[0].LastTimestampMs > options.RetentionMs)
            || (options.RetentionBytes > 0 && BucketLog.BytesOf(segments) > options.RetentionBytes);
    }
}
