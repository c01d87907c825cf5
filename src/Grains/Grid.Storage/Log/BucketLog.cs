using System.Collections.Immutable;
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
    private readonly SegmentList _segments;
    private readonly SegmentRolls _rolls;
    private readonly LogWriter _writer;
    private readonly LogRetention _retention;
    private readonly LogCutter _cutter;
    private volatile LogSettings _settings;
    private long _highWatermark;
    private long _bytesWritten;

    private BucketLog(IFileStore store, string directory, LogSettings settings, RecoveredLog recovered, WriterStates writers, LogOffset? committed, Action<IThreadPoolWorkItem> schedule)
    {
        _settings = settings;
        _segments = new SegmentList(recovered.Segments);
        _rolls = new SegmentRolls(store, directory, _segments, schedule);
        _writer = new LogWriter(store, directory, _segments, _rolls, writers);
        _retention = new LogRetention(store, directory, _segments);
        _cutter = new LogCutter(store, directory, _segments);
        BytesCut = recovered.BytesCut;
        _highWatermark = committed is { } known ? Math.Clamp(known.Value, StartOffset.Value, EndOffset.Value) : EndOffset.Value;
    }

    /// <summary>The segments in order; the array is never changed, only replaced.</summary>
    public Segment[] Segments => _segments.Current;

    /// <summary>What is known of the bucket's writers; for the writer's loop alone.</summary>
    public WriterStates Writers => _writer.Writers;

    /// <summary>Bytes of torn frames that opening cut off.</summary>
    public long BytesCut { get; }

    /// <summary>Bytes of messages that were written here first since the log was opened, those that came from a leader not counted.</summary>
    public long BytesWritten => Interlocked.Read(ref _bytesWritten);

    /// <summary>Why nothing can be written any more; null: it can.</summary>
    public Exception? Failure => _writer.Failure;

    /// <summary>The first offset still there.</summary>
    public LogOffset StartOffset => _segments.StartOffset;

    /// <summary>The next offset to be written.</summary>
    public LogOffset EndOffset => _segments.EndOffset;

    /// <summary>Readers never see an offset at or above it.</summary>
    public LogOffset HighWatermark => new(Volatile.Read(ref _highWatermark));

    /// <summary>The commit timestamp of the newest frame; 0 in an empty log.</summary>
    public long LastTimestampMs => _writer.LastTimestampMs;

    /// <inheritdoc cref="SegmentList.LastVersion"/>
    public SchemaVersion LastVersion => _segments.LastVersion;

    /// <inheritdoc cref="SegmentList.LastEpoch"/>
    public LeaderEpoch LastEpoch => _segments.LastEpoch;

    /// <inheritdoc cref="SegmentList.Epochs"/>
    public ImmutableArray<EpochStart> Epochs => _segments.Epochs;

    /// <summary>Opens a log's folder, or makes it. Blocking.</summary>
    /// <param name="store">The files.</param>
    /// <param name="directory">The folder.</param>
    /// <param name="settings">The table's.</param>
    /// <param name="nowMs">The time: writers that are idle for too long are forgotten.</param>
    /// <param name="committed">What is known to be committed; null: all that the log has.</param>
    /// <param name="schedule">Has executed what need not be done at once; null: the thread pool does it.</param>
    public static BucketLog Open(IFileStore store, string directory, LogSettings settings, long nowMs, LogOffset? committed = null, Action<IThreadPoolWorkItem>? schedule = null)
    {
        var writers = new WriterStates();
        var recovered = LogFolder.Open(store, directory, settings, writers);
        writers.Expire(nowMs);
        return new BucketLog(store, directory, settings, recovered, writers, committed, schedule ?? OnThreadPool);
    }

    /// <summary>Has the thread pool execute something.</summary>
    public static void OnThreadPool(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    public void Update(LogSettings settings) => _settings = settings;

    /// <inheritdoc cref="LogWriter.Append"/>
    public void Append(List<OutgoingFrame> frames, LeaderEpoch epoch, long timestampMs)
    {
        _writer.Append(frames, new FrameStamp(epoch, timestampMs), _settings);
        var bytes = 0L;
        foreach (var (_, message) in frames)
            bytes += message.Length;
        Interlocked.Add(ref _bytesWritten, bytes);
    }

    /// <inheritdoc cref="LogWriter.AppendStamped"/>
    public void AppendStamped(List<OutgoingFrame> frames) => _writer.AppendStamped(frames, _settings);

    /// <inheritdoc cref="LogWriter.Flush"/>
    public void Flush() => _writer.Flush();

    public void AdvanceHighWatermark(LogOffset offset)
    {
        Debug.Assert(offset >= HighWatermark && offset <= EndOffset, "The high watermark only rises, up to the log's end.");
        Volatile.Write(ref _highWatermark, offset.Value);
    }

    /// <summary>
    /// Cuts the log's end back to a frame boundary at or above the high watermark: what lies behind it was never committed. A crash leaves a log that ends somewhere between there and its old end.
    /// </summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the offset lies within a frame; nothing was changed.</exception>
    /// <exception cref="IOException">The disk failed; <see cref="Failure"/> is set, and the log has to be opened again.</exception>
    public void TruncateTo(LogOffset offset)
    {
        if (offset < HighWatermark || offset < StartOffset || offset > EndOffset)
            throw new ArgumentOutOfRangeException(nameof(offset), $"The log can be cut between {HighWatermark} and {EndOffset}; {offset} is not.");
        if (offset == EndOffset)
            return;
        _ = _cutter.PositionOf(offset);
        _writer.Rebuild(() => _cutter.CutEnd(offset, _settings));
    }

    /// <summary>Drops everything; the log is empty and begins at <paramref name="start"/>. A crash leaves the old log or the new one.</summary>
    /// <exception cref="IOException">As <see cref="TruncateTo"/>.</exception>
    public void ResetTo(LogOffset start)
    {
        _writer.Rebuild(() => _cutter.StartOver(start, _settings));
        Volatile.Write(ref _highWatermark, start.Value);
    }

    /// <summary>Whole frames from a frame's beginning on, committed or not, of one segment: at least one, at most <paramref name="bytesMax"/> bytes. The caller disposes them. Blocking.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.OffsetOutOfRange"/>: retention took it.</exception>
    public FrameBlock ReadForPush(LogOffset from, int bytesMax, out LogOffset next)
    {
        var segment = Find(from) ?? throw new GridException(GridErrorCode.OffsetOutOfRange, $"Offset {from} is not in the log any more; it begins at {StartOffset}.");
        var (start, length, end) = segment.Plan(from, new LogOffset(long.MaxValue), bytesMax);
        var block = FrameBlock.Rent(length);
        try
        {
            var file = Lease(segment);
            try
            {
                file.ReadFully(block.WritableMemory.Span, start);
            }
            finally
            {
                segment.Release();
            }

            next = end;
            return block;
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="SegmentList.Find"/>
    public Segment? Find(LogOffset offset) => _segments.Find(offset);

    /// <inheritdoc cref="SegmentList.Lease"/>
    public IFile Lease(Segment segment) => _segments.Lease(segment);

    /// <summary>The first offset whose commit timestamp is not lower; the high watermark where all are.</summary>
    public LogOffset FindTimestamp(long timestampMs)
    {
        var highWatermark = HighWatermark;
        return _segments.FindTimestamp(timestampMs) is { } found && found < highWatermark ? found : highWatermark;
    }

    /// <summary>
    /// Deletes whole sealed segments from the start that are too old or too much; never the last one, never what lies at or above <paramref name="neededFrom"/>
    /// or the high watermark. Returns how many went.
    /// </summary>
    public int ApplyRetention(long nowMs, LogOffset neededFrom)
    {
        var highWatermark = HighWatermark;
        return _retention.Apply(_settings.Table.Options, nowMs, neededFrom < highWatermark ? neededFrom : highWatermark);
    }

    /// <summary>Whether retention wants the oldest segment deleted; <see cref="ApplyRetention"/> may find that it is still needed.</summary>
    public bool IsRetentionDue(long nowMs) => _retention.IsDue(_settings.Table.Options, nowMs);

    /// <summary>
    /// Returns when no roll is left to the background: retention may take what they sealed, and closing leaves nobody behind who writes. One that failed
    /// stops the writing at the next append or flush. Blocking.
    /// </summary>
    public void Settle() => _rolls.Settle();

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
        Settle();
        try
        {
            if (Failure is null)
                Flush();
        }
        finally
        {
            _segments.Close();
            _writer.Dispose();
        }
    }
}
