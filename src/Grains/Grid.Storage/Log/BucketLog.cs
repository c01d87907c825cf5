using System.Diagnostics;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// A bucket's log: a folder of segment files. One caller at a time appends, flushes and moves the high watermark (the writer's loop); any number find and read beside it.
/// <para>
/// Crash argument. A segment is made under a provisional name, gets its head, and takes its final name only when its predecessor is sealed and both are on disk. So all
/// segments with final names but the last are whole; the last one is whole up to its last flush, and recovery cuts it at its first bad frame. With
/// <c>Flush = Commit</c> a roll does all that before the next frame is written. With <c>Flush = Os</c> it happens in the background while frames go into the new file already:
/// a killed process loses nothing (the files are whole, recovery finishes the roll), and a lost machine may lose the last moments, which recovery cuts off in
/// one piece: first bad frame, then every provisional segment after it.
/// </para>
/// </summary>
internal sealed class BucketLog : IDisposable
{
    /// <summary>Rolls that may wait for the disk. A process that dies leaves so many segments to be checked frame by frame when the bucket opens: 16 x 256 MiB = 4 GiB.</summary>
    private const int RollsPendingMax = 16;

    private readonly IFileStore _store;
    private readonly string _directory;
    private readonly Lock _gate = new();
    private readonly HotSegments _hot = new();
    private readonly GatheredFrames _gathered = new();
    private Segment[] _segments;
    private volatile LogSettings _settings;
    private Task _rolls = Task.CompletedTask;
    private int _rollsPending;
    private long _highWatermark;
    private long _lastTimestampMs;

    private BucketLog(IFileStore store, string directory, LogSettings settings, RecoveredLog recovered, WriterStates writers)
    {
        _store = store;
        _directory = directory;
        _settings = settings;
        _segments = [.. recovered.Segments];
        Writers = writers;
        BytesCut = recovered.BytesCut;
        _highWatermark = EndOffset.Value;
        foreach (var segment in _segments)
            _lastTimestampMs = Math.Max(_lastTimestampMs, segment.LastTimestampMs);
    }

    /// <summary>The segments in order; the array is never changed, only replaced.</summary>
    public Segment[] Segments => Volatile.Read(ref _segments);

    /// <summary>What is known of the bucket's writers; for the writer's loop alone.</summary>
    public WriterStates Writers { get; }

    /// <summary>Bytes of torn frames that opening cut off.</summary>
    public long BytesCut { get; }

    /// <summary>Why nothing can be written any more; null: it can.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The first offset still there.</summary>
    public LogOffset StartOffset => Segments is { Length: > 0 } segments ? segments[0].BaseOffset : LogOffset.Zero;

    /// <summary>The next offset to be written.</summary>
    public LogOffset EndOffset => Segments is { Length: > 0 } segments ? segments[^1].EndOffset : LogOffset.Zero;

    /// <summary>Readers never see an offset at or above it.</summary>
    public LogOffset HighWatermark => new(Volatile.Read(ref _highWatermark));

    /// <summary>The commit timestamp of the newest frame; 0 in an empty log.</summary>
    public long LastTimestampMs => Volatile.Read(ref _lastTimestampMs);

    /// <summary>The schema version of the newest frame's segment; 0 in an empty log.</summary>
    public SchemaVersion LastVersion => Segments is { Length: > 0 } segments ? segments[^1].SchemaVersion : default;

    public static BucketLog Open(IFileStore store, string directory, LogSettings settings, long nowMs)
    {
        var writers = new WriterStates();
        var recovered = LogFolder.Open(store, directory, settings, writers);
        writers.Expire(nowMs);
        return new BucketLog(store, directory, settings, recovered, writers);
    }

    public void Update(LogSettings settings) => _settings = settings;

    /// <summary>
    /// Appends frames; they get their offsets in order from <see cref="EndOffset"/> on. Readers see them when the high watermark passes them.
    /// </summary>
    /// <exception cref="IOException">Nothing of it is in the log. <see cref="Failure"/> says whether later appends may succeed.</exception>
    public void Append(List<OutgoingFrame> frames, LeaderEpoch epoch, long timestampMs)
    {
        Debug.Assert(timestampMs >= _lastTimestampMs, "Commit timestamps never go back.");
        var start = 0;
        try
        {
            RequireWritable();
            while (start < frames.Count)
            {
                // A segment has one schema version: each run of equal ones is a write of its own.
                var end = start + 1;
                while (end < frames.Count && frames[end].Header.SchemaVersion == frames[start].Header.SchemaVersion)
                    end++;
                AppendRun(frames, start, end, epoch, timestampMs);
                start = end;
            }
        }
        catch (Exception e) when (start > 0)
        {
            Failure ??= e;
            throw;
        }
    }

    /// <summary>Returns when everything appended is on disk.</summary>
    public void Flush()
    {
        RequireWritable();
        try
        {
            _rolls.GetAwaiter().GetResult();
            if (Segments is { Length: > 0 } segments && !segments[^1].IsSealed)
                FlushSegment(segments[^1]);
        }
        catch (Exception e)
        {
            // After a failed flush the kernel may have dropped the pages and call the next flush a success: nothing later may be acknowledged.
            Failure ??= e;
            throw;
        }
    }

    public void AdvanceHighWatermark(LogOffset offset)
    {
        Debug.Assert(offset >= HighWatermark && offset <= EndOffset, "The high watermark only rises, up to the log's end.");
        Volatile.Write(ref _highWatermark, offset.Value);
    }

    /// <summary>The segment that holds an offset below <see cref="EndOffset"/>; null where retention took it.</summary>
    public Segment? Find(LogOffset offset)
    {
        var segments = Segments;
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

    /// <summary>A segment's file for one read; give it back with <see cref="Segment.Release"/>. The last few read stay open.</summary>
    public IFile Lease(Segment segment)
    {
        var file = segment.Acquire();
        if (segment.IsSealed)
            _hot.Touch(segment);
        return file;
    }

    /// <summary>The first offset whose commit timestamp is not lower; the high watermark where all are.</summary>
    public LogOffset FindTimestamp(long timestampMs)
    {
        var highWatermark = HighWatermark;
        foreach (var segment in Segments)
        {
            var entries = segment.Index.Frames;
            var index = FrameIndex.FindTimestamp(entries, timestampMs);
            if (index < entries.Length)
                return new LogOffset(Math.Min(entries[index].BaseOffset, highWatermark.Value));
        }

        return highWatermark;
    }

    /// <summary>
    /// Deletes whole sealed segments from the start that are too old or too much; never the last one, never what lies at or above <paramref name="neededFrom"/>
    /// or the high watermark. Oldest first, each made durable, so that a crash leaves a log without holes. Returns how many went.
    /// </summary>
    public int ApplyRetention(long nowMs, LogOffset neededFrom)
    {
        var options = _settings.Table.Options;
        var keepFrom = Math.Min(neededFrom.Value, HighWatermark.Value);
        var deleted = 0;
        while (true)
        {
            Segment oldest;
            lock (_gate)
            {
                var segments = _segments;
                if (!IsOldestDue(segments, options, nowMs) || segments[0].EndOffset.Value > keepFrom)
                    return deleted;
                oldest = segments[0];
                Volatile.Write(ref _segments, segments[1..]);
            }

            _hot.Remove(oldest);
            oldest.Delete();
            _store.SyncDirectory(_directory);
            deleted++;
        }
    }

    /// <summary>Whether retention wants the oldest segment deleted; <see cref="ApplyRetention"/> may find that it is still needed.</summary>
    public bool IsRetentionDue(long nowMs)
    {
        lock (_gate)
            return IsOldestDue(_segments, _settings.Table.Options, nowMs);
    }

    /// <summary>
    /// Returns when no roll runs in the background: retention may take what they sealed, and closing leaves nobody behind who writes. One that failed
    /// stops the writing at the next append or flush.
    /// </summary>
    public Task SettleAsync() => Volatile.Read(ref _rolls).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    public static long BytesOf(Segment[] segments)
    {
        var bytes = 0L;
        foreach (var segment in segments)
            bytes += segment.FileBytes;
        return bytes;
    }

    /// <summary>Flushes, if it still can, and closes the files.</summary>
    public void Dispose()
    {
        SettleAsync().GetAwaiter().GetResult();
        try
        {
            if (Failure is null)
                Flush();
        }
        finally
        {
            foreach (var segment in Segments)
                segment.KeepOpen(false);
            _gathered.Dispose();
        }
    }

    private void AppendRun(List<OutgoingFrame> frames, int start, int end, LeaderEpoch epoch, long timestampMs)
    {
        var bytes = 0L;
        for (var i = start; i < end; i++)
            bytes += frames[i].Header.FrameLength;
        var segment = SegmentFor(frames[start].Header.SchemaVersion, bytes, timestampMs);
        var file = segment.Acquire();
        var position = segment.FramesEnd;
        try
        {
            _gathered.Fill(frames, start, end, segment.EndOffset, epoch, timestampMs);
            file.Write(_gathered.Pieces, position);
        }
        catch
        {
            // A part may be in the file. Cut off, it never was; if even that fails, the next open cuts it.
            Undo(file, position);
            throw;
        }
        finally
        {
            _gathered.Pieces.Clear();
            segment.Release();
        }

        Volatile.Write(ref _lastTimestampMs, timestampMs);
        foreach (var header in _gathered.Headers)
        {
            segment.Add(header, position, _gathered.MetadataLength(frames[start++].Message.Span));
            position += header.FrameLength;
        }
    }

    private void Undo(IFile file, long position)
    {
        try
        {
            file.Truncate(position);
        }
        catch (Exception e)
        {
            Failure = e;
        }
    }

    /// <summary>The segment that a run of frames goes into: the last one, or a new one.</summary>
    private Segment SegmentFor(SchemaVersion version, long bytes, long nowMs)
    {
        var settings = _settings;
        var segments = Segments;
        var last = segments.Length > 0 ? segments[^1] : null;
        if (last is { IsSealed: false } && last.SchemaVersion == version)
        {
            var entries = last.Index.Frames;
            if (entries.IsEmpty || (last.FramesEnd + bytes <= settings.SegmentBytesMax && nowMs - entries[0].TimestampMs < settings.SegmentAgeMsMax))
                return last;
        }

        var next = SegmentSealing.Create(_store, _directory, settings, version, EndOffset, nowMs);
        Roll(last, next, settings);
        return next;
    }

    private void Roll(Segment? last, Segment next, LogSettings settings)
    {
        // An empty last segment is replaced: the new one takes its name.
        var replaced = last is { IsSealed: false, Index.Count: 0 };
        if (replaced || settings.FlushEveryGroup || last is null or { IsSealed: true } || _rollsPending >= RollsPendingMax)
        {
            try
            {
                _rolls.GetAwaiter().GetResult();
                FinishRoll(replaced ? null : last, next, settings);
            }
            catch (Exception e)
            {
                Failure = e;
                next.KeepOpen(false);
                throw;
            }
        }
        else
        {
            Interlocked.Increment(ref _rollsPending);
            Volatile.Write(ref _rolls, FinishRollLaterAsync(_rolls, last, next, settings));
        }

        lock (_gate)
        {
            var kept = replaced ? _segments.AsSpan()[..^1] : _segments;
            Volatile.Write(ref _segments, [.. kept, next]);
        }

        if (replaced)
            last!.KeepOpen(false);
        else if (last is { IsSealed: true })
            _hot.Touch(last);
    }

    private async Task FinishRollLaterAsync(Task before, Segment last, Segment next, LogSettings settings)
    {
        await before.ConfigureAwait(false);
        await Task.Run(() => FinishRoll(last, next, settings)).ConfigureAwait(false);
        _hot.Touch(last);
        Interlocked.Decrement(ref _rollsPending);
    }

    private void FinishRoll(Segment? last, Segment next, LogSettings settings)
    {
        if (last is { IsSealed: false })
            SegmentSealing.Seal(last, settings);
        FlushSegment(next);
        next.MarkFinal(Path.Combine(_directory, SegmentName.Of(next.BaseOffset)));
        _store.SyncDirectory(_directory);
    }

    private static void FlushSegment(Segment segment)
    {
        var file = segment.Acquire();
        try
        {
            file.Flush();
        }
        finally
        {
            segment.Release();
        }
    }

    private void RequireWritable()
    {
        if (_rolls.IsFaulted)
            Failure ??= _rolls.Exception!.InnerException;
        if (Failure is { } failure)
            throw new IOException($"The log in {_directory} stopped writing: {failure.Message}", failure);
    }

    private static bool IsOldestDue(Segment[] segments, TableOptions options, long nowMs)
    {
        if (segments.Length < 2 || !segments[0].IsSealed || segments[1].IsPending)
            return false;
        return (options.RetentionMs > 0 && nowMs - segments[0].LastTimestampMs > options.RetentionMs)
            || (options.RetentionBytes > 0 && BytesOf(segments) > options.RetentionBytes);
    }
}
