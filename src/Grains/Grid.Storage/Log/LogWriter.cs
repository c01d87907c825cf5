using System.Diagnostics;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>Writes at a log's end: frames, each run of one schema version as one gathered write, and flushes. Knows the frames' writers, and why nothing can be written any more. One caller at a time.</summary>
internal sealed class LogWriter(IFileStore store, string directory, SegmentList segments, SegmentRolls rolls, WriterStates writers) : IDisposable
{
    private readonly GatheredFrames _gathered = new();
    private long _lastTimestampMs = segments.LastTimestampMs;

    /// <summary>What is known of the bucket's writers.</summary>
    public WriterStates Writers { get; private set; } = writers;

    /// <summary>Why nothing can be written any more; null: it can.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The commit timestamp of the newest frame; 0 in an empty log. Any thread.</summary>
    public long LastTimestampMs => Volatile.Read(ref _lastTimestampMs);

    /// <summary>
    /// Appends frames; they get their offsets in order from <see cref="SegmentList.EndOffset"/> on. Readers see them when the high watermark passes them.
    /// </summary>
    /// <exception cref="IOException">Nothing of it is in the log. <see cref="Failure"/> says whether later appends may succeed.</exception>
    public void Append(List<OutgoingFrame> frames, FrameStamp stamp, LogSettings settings)
    {
        Debug.Assert(stamp.TimestampMs >= _lastTimestampMs, "Commit timestamps never go back.");
        AppendRuns(frames, stamp, settings);
    }

    /// <summary>Appends frames that have offsets, epochs and timestamps, as a follower gets them: the first continues at <see cref="SegmentList.EndOffset"/>, each other at the one before it.</summary>
    /// <exception cref="IOException">As <see cref="Append"/>.</exception>
    public void AppendStamped(List<OutgoingFrame> frames, LogSettings settings)
    {
        var (next, epoch, timestampMs) = (segments.EndOffset, segments.LastEpoch, _lastTimestampMs);
        foreach (var (header, _) in frames)
        {
            if (header.BaseOffset != next || header.Epoch < epoch || header.TimestampMs < timestampMs)
                throw new GridException(GridErrorCode.Corrupt,
                    $"A frame has offset {header.BaseOffset}, epoch {header.Epoch} and time {header.TimestampMs}; the log continues at {next}, epoch {epoch}, time {timestampMs}.");
            (next, epoch, timestampMs) = (header.EndOffset, header.Epoch, header.TimestampMs);
        }

        AppendRuns(frames, null, settings);
    }

    /// <summary>Returns when everything appended is on disk.</summary>
    public void Flush()
    {
        RequireWritable();
        try
        {
            rolls.Wait();
            if (segments.Current is [.., { IsSealed: false } last])
                last.Flush();
        }
        catch (Exception e)
        {
            // After a failed flush the kernel may have dropped the pages and call the next flush a success: nothing later may be acknowledged.
            Failure ??= e;
            throw;
        }
    }

    /// <summary>Changes the log's files while nothing is written or rolled. After a failure nothing may be written until the log is opened again.</summary>
    /// <param name="change">Changes them, and answers what is known of writers then.</param>
    public void Rebuild(Func<WriterStates> change)
    {
        RequireWritable();
        try
        {
            rolls.Wait();
            Writers = change();
            Volatile.Write(ref _lastTimestampMs, segments.LastTimestampMs);
        }
        catch (Exception e)
        {
            Failure ??= e;
            throw;
        }
    }

    public void Dispose() => _gathered.Dispose();

    private void AppendRuns(List<OutgoingFrame> frames, FrameStamp? stamp, LogSettings settings)
    {
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
                AppendRun(frames, start, end, stamp, settings);
                start = end;
            }
        }
        catch (Exception e) when (start > 0)
        {
            Failure ??= e;
            throw;
        }
    }

    private void AppendRun(List<OutgoingFrame> frames, int start, int end, FrameStamp? stamp, LogSettings settings)
    {
        var bytes = 0L;
        for (var i = start; i < end; i++)
            bytes += frames[i].Header.FrameLength;
        var segment = SegmentFor(frames[start].Header.SchemaVersion, bytes, stamp?.TimestampMs ?? frames[start].Header.TimestampMs, settings);
        var file = segment.Acquire();
        var position = segment.FramesEnd;
        try
        {
            _gathered.Fill(frames, start, end, segment.EndOffset, stamp);
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

        Volatile.Write(ref _lastTimestampMs, _gathered.Headers[^1].TimestampMs);
        foreach (var header in _gathered.Headers)
        {
            segment.Add(header, position, _gathered.MetadataLength(frames[start++].Message.Span));
            position += header.FrameLength;
            Writers.Record(header);
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
    private Segment SegmentFor(SchemaVersion version, long bytes, long nowMs, LogSettings settings)
    {
        var last = segments.Current is [.., var newest] ? newest : null;
        if (last is { IsSealed: false } && last.SchemaVersion == version)
        {
            var entries = last.Index.Frames;
            if (entries.IsEmpty || (last.FramesEnd + bytes <= settings.SegmentBytesMax && nowMs - entries[0].TimestampMs < settings.SegmentAgeMsMax))
                return last;
        }

        var next = SegmentSealing.Create(store, directory, settings, version, segments.EndOffset, nowMs);
        try
        {
            rolls.Roll(last, next, settings);
        }
        catch (Exception e)
        {
            Failure = e;
            throw;
        }

        return next;
    }

    private void RequireWritable()
    {
        Failure ??= rolls.Failure;
        if (Failure is { } failure)
            throw new IOException($"The log in {directory} stopped writing: {failure.Message}", failure);
    }
}
