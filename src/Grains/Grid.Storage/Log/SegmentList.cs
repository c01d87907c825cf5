using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// A log's segments in order, and which of their files stay open. The writer's loop adds, retention removes, whatever cuts the log replaces; any number read beside them, on an array that is
/// never changed, only replaced.
/// </summary>
internal sealed class SegmentList(IEnumerable<Segment> segments)
{
    private readonly Lock _gate = new();
    private readonly HotSegments _hot = new();
    private Segment[] _segments = [.. segments];

    public Segment[] Current => Volatile.Read(ref _segments);

    /// <summary>Held by whoever deletes or reopens files: retention, and what cuts the log.</summary>
    public Lock Files { get; } = new();

    /// <summary>The first offset still there.</summary>
    public LogOffset StartOffset => Current is { Length: > 0 } segments ? segments[0].BaseOffset : LogOffset.Zero;

    /// <summary>The next offset to be written.</summary>
    public LogOffset EndOffset => Current is { Length: > 0 } segments ? segments[^1].EndOffset : LogOffset.Zero;

    /// <summary>The schema version of the newest frame's segment; 0 in an empty log.</summary>
    public SchemaVersion LastVersion => Current is { Length: > 0 } segments ? segments[^1].SchemaVersion : default;

    /// <summary>The epoch of the newest frame; 0 in an empty log.</summary>
    public LeaderEpoch LastEpoch
    {
        get
        {
            var segments = Current;
            for (var i = segments.Length - 1; i >= 0; i--)
                if (segments[i].Epochs is [.., var last])
                    return last.Epoch;
            return default;
        }
    }

    /// <summary>The epochs of the frames with the first offset of each, oldest first.</summary>
    public ImmutableArray<EpochStart> Epochs
    {
        get
        {
            var epochs = ImmutableArray.CreateBuilder<EpochStart>();
            foreach (var segment in Current)
                foreach (var epoch in segment.Epochs)
                    if (epochs.Count == 0 || epochs[^1].Epoch != epoch.Epoch)
                        epochs.Add(epoch);
            return epochs.DrainToImmutable();
        }
    }

    /// <summary>The commit timestamp of the newest frame; 0 in an empty log.</summary>
    public long LastTimestampMs
    {
        get
        {
            var last = 0L;
            foreach (var segment in Current)
                last = Math.Max(last, segment.LastTimestampMs);
            return last;
        }
    }

    /// <summary>The segment that holds an offset below <see cref="EndOffset"/>; null where retention took it.</summary>
    public Segment? Find(LogOffset offset)
    {
        var segments = Current;
        int low = 0, high = segments.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (segments[middle].BaseOffset <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low == 0 ? null : segments[low - 1];
    }

    /// <summary>The first offset whose commit timestamp is not lower; null where all are.</summary>
    public LogOffset? FindTimestamp(long timestampMs)
    {
        foreach (var segment in Current)
        {
            var entries = segment.Index.Frames;
            var index = FrameIndex.FindTimestamp(entries, timestampMs);
            if (index < entries.Length)
                return new LogOffset(entries[index].BaseOffset);
        }

        return null;
    }

    /// <summary>A segment's file for one read; give it back with <see cref="Segment.Release"/>. The last few read stay open.</summary>
    public IFile Lease(Segment segment)
    {
        var file = segment.Acquire();
        if (segment.IsSealed)
            _hot.Touch(segment);
        return file;
    }

    /// <summary>Adds a segment behind the last one, or in its place.</summary>
    public void Add(Segment next, bool replacesLast)
    {
        lock (_gate)
        {
            var kept = replacesLast ? _segments.AsSpan()[..^1] : _segments;
            Volatile.Write(ref _segments, [.. kept, next]);
        }
    }

    /// <summary>A segment is complete: its file stays open as long as it is among those used last.</summary>
    public void Sealed(Segment segment) => _hot.Touch(segment);

    /// <summary>Takes the first segment out, if it may go; null: it may not.</summary>
    public Segment? TryRemoveFirst(Func<Segment[], bool> mayGo)
    {
        Segment oldest;
        lock (_gate)
        {
            if (!mayGo(_segments))
                return null;
            oldest = _segments[0];
            Volatile.Write(ref _segments, _segments[1..]);
        }

        _hot.Remove(oldest);
        return oldest;
    }

    /// <summary>Puts other segments in the place of all; the files of those that went close when nobody reads them any more.</summary>
    public void Replace(IEnumerable<Segment> segments)
    {
        Segment[] before;
        Segment[] after = [.. segments];
        lock (_gate)
        {
            before = _segments;
            Volatile.Write(ref _segments, after);
        }

        foreach (var segment in before)
            if (Array.IndexOf(after, segment) < 0)
                Close(segment);
    }

    /// <summary>Closes all files that nobody reads.</summary>
    public void Close()
    {
        _hot.Clear();
        foreach (var segment in Current)
            segment.KeepOpen(false);
    }

    private void Close(Segment segment)
    {
        _hot.Remove(segment);
        segment.KeepOpen(false);
    }
}
