using Grid.Abstractions;

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

    public void Update(TableInfo table) => _table = table;

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
            if (_signal.IsClosed)
                throw new GridException(GridErrorCode.Closing, "The bucket is closing; fetch again.");
            if (next < _log.StartOffset || next > _log.EndOffset)
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

    private FetchAnswer Answer(FrameBlock? frames, LogOffset next)
    {
        _metrics.Fetched(frames?.Length ?? 0);
        return new FetchAnswer { Frames = frames?.ForAnswer(), NextOffset = next, HighWatermark = _log.HighWatermark, StartOffset = _log.StartOffset };
    }

    private async ValueTask<LogPart> ReadAsync(FetchShape shape, LogOffset from, LogOffset highWatermark, CancellationToken cancellationToken)
    {
        var segment = _log.Find(from) ?? throw OutOfRange(from);
        try
        {
            return shape.TakesAll
                ? await ReadWholeAsync(segment, from, highWatermark, shape.BytesMax, cancellationToken).ConfigureAwait(false)
                : await Task.Run(() => ReadSome(segment, from, highWatermark, shape), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            // Retention may have taken the file since it was found.
            throw from < _log.StartOffset
                ? OutOfRange(from)
                : new GridException(GridErrorCode.StorageFailed, $"{segment.Path} cannot be read: {e.Message} Fetch again, or repair the disk.", e);
        }
    }

    /// <summary>One read of as many whole frames as fit, at least one.</summary>
    private async ValueTask<LogPart> ReadWholeAsync(Segment segment, LogOffset from, LogOffset highWatermark, int bytesMax, CancellationToken cancellationToken)
    {
        var (start, length, end) = Plan(segment, from, highWatermark, bytesMax);
        var block = FrameBlock.Rent(length);
        try
        {
            var file = _log.Lease(segment);
            try
            {
                await file.ReadFullyAsync(block.WritableMemory, start, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                segment.Release();
            }

            return new LogPart(block, end);
        }
        catch
        {
            block.Dispose();
            throw;
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

    private static (long Start, int Length, LogOffset End) Plan(Segment segment, LogOffset from, LogOffset highWatermark, int bytesMax)
    {
        var marks = segment.Index.Marks;
        var first = FrameIndex.FindOffset(marks[..^1], from);
        var start = marks[first].Position;

        // Positions and offsets rise: search the last frame that ends within both limits.
        int low = first, high = marks.Length - 2;
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (marks[middle].BaseOffset < highWatermark.Value && marks[middle + 1].Position - start <= bytesMax)
                low = middle;
            else
                high = middle - 1;
        }

        return (start, marks[low + 1].Position - start, new LogOffset(marks[low + 1].BaseOffset));
    }

    private GridException OutOfRange(LogOffset offset) =>
        new(GridErrorCode.OffsetOutOfRange, $"Offset {offset} is not in the log; legal is {_log.StartOffset} to {_log.EndOffset}. Start at the earliest or the latest offset.");

    /// <summary>What one read found: a block that is the caller's, or null, and the offset after all that was looked at.</summary>
    private readonly record struct LogPart(FrameBlock? Frames, LogOffset Next);
}
