using Grid.Abstractions;
using Grid.Storage.DataPort;

namespace Grid.Storage.Log;

/// <summary>Answers fetches: committed frames from an offset on, all of them or those that may match, all of their columns or some, and the wait for more.</summary>
internal sealed class LogFetcher
{
    private readonly BucketLog _log;
    private readonly WatermarkSignal _signal;
    private readonly TimeProvider _time;
    private readonly GridStorageMetrics _metrics;
    private volatile TableInfo _table;

    public LogFetcher(BucketLog log, WatermarkSignal signal, TableInfo table, TimeProvider time, GridStorageMetrics metrics)
    {
        _log = log;
        _signal = signal;
        _table = table;
        _time = time;
        _metrics = metrics;
    }

    /// <summary>Where rows are found that the log does not have any more; null: nowhere.</summary>
    public ILogHistory? History { get; set; }

    public void Update(TableInfo table) => _table = table;

    /// <summary>The first offset that can be fetched.</summary>
    public async ValueTask<LogOffset> FindStartAsync(CancellationToken cancellationToken)
    {
        var start = _log.StartOffset;
        return History is { } history && start > LogOffset.Zero && await history.FindStartAsync(cancellationToken).ConfigureAwait(false) is { } older && older < start ? older : start;
    }

    /// <summary>The offset of the first row that was committed at a time or later; the log's end where there is none.</summary>
    public async ValueTask<LogOffset> FindTimestampAsync(long timestampMs, CancellationToken cancellationToken)
    {
        var start = _log.StartOffset;
        var found = _log.FindTimestamp(timestampMs);
        return found <= start && await FindStartAsync(cancellationToken).ConfigureAwait(false) < start
            ? await History!.FindTimestampAsync(_table, timestampMs, start, cancellationToken).ConfigureAwait(false)
            : found;
    }

    /// <summary>See <see cref="IBucketGrain.FetchAsync"/>.</summary>
    public async Task<FetchAnswer> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        var shape = new FetchShape(request, _table);
        var next = request.Offset;
        var started = _time.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // The signal first, then the watermark: a move between the two ends the wait.
            var moved = _signal.Next();
            RequireOpen();
            if (next > _log.EndOffset || (next < _log.StartOffset && next < await FindStartAsync(cancellationToken).ConfigureAwait(false)))
                throw OutOfRange(next);
            var highWatermark = _log.HighWatermark;
            if (next < highWatermark)
            {
                var part = await ReadAsync(shape, next, highWatermark, cancellationToken).ConfigureAwait(false);
                next = part.Next;

                // A part that skipped a lot is answered too, so that no call works without bound; the reader's position has moved.
                if (part.Frames is not null || next < highWatermark)
                    return Answer(part.Frames, next);
                continue;
            }

            var left = TimeSpan.FromMilliseconds(request.WaitMsMax) - _time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                return Answer(null, next);
            await moved.WaitAsync(left, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The frames that fetches would answer from the request's offset until one reaches <paramref name="stop"/>.</summary>
    public IDataSource OpenSource(FetchRequest request, LogOffset stop)
    {
        var shape = new FetchShape(request, _table);
        RequireOpen();
        if (request.Offset > _log.HighWatermark || (request.Offset < _log.StartOffset && History is null))
            throw OutOfRange(request.Offset);
        if (stop < request.Offset || stop > _log.HighWatermark)
            throw new GridException(GridErrorCode.OffsetOutOfRange, $"A stream from offset {request.Offset} cannot stop at {stop}; legal is {request.Offset} to {_log.HighWatermark}.");
        return new LogRangeSource(this, shape, request.Offset, stop);
    }

    /// <summary>Fills a buffer with whole frames; 0 bytes: not even the first one fits, or it does not come out of the log's files. For shapes that take all.</summary>
    public async ValueTask<(int Length, LogOffset Next)> ReadIntoAsync(LogOffset from, LogOffset highWatermark, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        RequireOpen();
        if (from < _log.StartOffset && History is not null)
            return (0, from);
        var segment = _log.Find(from) ?? throw OutOfRange(from);
        var (start, length, end) = segment.Plan(from, highWatermark, buffer.Length);
        if (length > buffer.Length)
            return (0, from);
        try
        {
            await FillAsync(segment, start, buffer[..length], cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw Unreadable(segment, from, e);
        }

        return (length, end);
    }

    private FetchAnswer Answer(FrameBlock? frames, LogOffset next)
    {
        _metrics.Fetched(frames?.Length ?? 0);
        return new FetchAnswer { Frames = frames?.ForAnswer(), NextOffset = next, HighWatermark = _log.HighWatermark, StartOffset = _log.StartOffset };
    }

    /// <summary>One piece from an offset below the high watermark on.</summary>
    public async ValueTask<LogPart> ReadAsync(FetchShape shape, LogOffset from, LogOffset highWatermark, CancellationToken cancellationToken)
    {
        RequireOpen();
        if (_log.Find(from) is not { } segment)
            return await ReadOlderAsync(shape, from, cancellationToken).ConfigureAwait(false);
        try
        {
            return shape.TakesAll
                ? await ReadWholeAsync(segment, from, highWatermark, shape.BytesMax, cancellationToken).ConfigureAwait(false)
                : await Task.Run(() => ReadSome(segment, from, highWatermark, shape), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException) when (from < _log.StartOffset && History is not null)
        {
            return await ReadOlderAsync(shape, from, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw Unreadable(segment, from, e);
        }
    }

    private async ValueTask<LogPart> ReadOlderAsync(FetchShape shape, LogOffset from, CancellationToken cancellationToken)
    {
        if (from >= _log.StartOffset || History is not { } history)
            throw OutOfRange(from);
        var (frames, next) = await history.ReadAsync(shape.Request, _table, from, cancellationToken).ConfigureAwait(false);
        return new LogPart(frames, next);
    }

    /// <summary>Retention may have taken the file since it was found.</summary>
    private GridException Unreadable(Segment segment, LogOffset from, IOException e) =>
        from < _log.StartOffset
            ? OutOfRange(from)
            : new GridException(GridErrorCode.StorageFailed, $"{segment.Path} cannot be read: {e.Message} Fetch again, or repair the disk.", e);

    private void RequireOpen()
    {
        if (_signal.IsClosed)
            throw new GridException(GridErrorCode.Closing, "The bucket is closing; fetch again.");
    }

    /// <summary>One read of as many whole frames as fit, at least one.</summary>
    private async ValueTask<LogPart> ReadWholeAsync(Segment segment, LogOffset from, LogOffset highWatermark, int bytesMax, CancellationToken cancellationToken)
    {
        var (start, length, end) = segment.Plan(from, highWatermark, bytesMax);
        var block = FrameBlock.Rent(length);
        try
        {
            await FillAsync(segment, start, block.WritableMemory, cancellationToken).ConfigureAwait(false);
            return new LogPart(block, end);
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    private async ValueTask FillAsync(Segment segment, long start, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var file = _log.Lease(segment);
        try
        {
            await file.ReadFullyAsync(buffer, start, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            segment.Release();
        }
    }

    private LogPart ReadSome(Segment segment, LogOffset from, LogOffset highWatermark, FetchShape shape)
    {
        var file = _log.Lease(segment);
        try
        {
            var read = new SelectiveRead(shape, segment, file);
            var frames = read.Run(from, highWatermark, out var next);
            if (read.Skipped > 0)
                _metrics.FramesSkipped(read.Skipped);
            return new LogPart(frames, next);
        }
        finally
        {
            segment.Release();
        }
    }

    private GridException OutOfRange(LogOffset offset) =>
        new(GridErrorCode.OffsetOutOfRange, $"Offset {offset} is not in the log; legal is {_log.StartOffset} to {_log.EndOffset}. Start at the earliest or the latest offset.");

    /// <summary>What one read found: a block that is the caller's, or null, and the offset after all that was looked at.</summary>
    internal readonly record struct LogPart(FrameBlock? Frames, LogOffset Next);
}
