using Grid.Abstractions;
using Grid.Client.Retrying;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>
/// Reads the log of one bucket from an offset: while an answer is decoded and consumed, the next one is on its way. A read with an end that one fetch does not
/// reach goes on over the node's data port where there is one, and by fetches again where that fails.
/// </summary>
internal sealed class LogReader(TableHandle table, ReadPlan plan, int bucket, OffsetReset reset)
{
    // A call's own time is for the longest wait that may be asked for. A node that died answers nothing, and a gateway does not say so: whoever waits for less asks again sooner.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private const int PartitionWaitMsMax = 10_000;

    private readonly FrameTranslator _translator = new(table, plan);
    private LogStream? _stream;
    private bool _streamTried;
    private bool _fetched;
    private int _idle;

    /// <summary>Reads until <paramref name="end"/>, or for ever, and gives every batch to <paramref name="emit"/>.</summary>
    public async Task RunAsync(LogOffset start, LogOffset? end, Func<GridBatch, ValueTask> emit, CancellationToken cancellationToken)
    {
        var position = start;
        var last = end ?? new LogOffset(long.MaxValue);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<FetchAnswer>? next = null;
        try
        {
            while (position < last)
            {
                FetchAnswer answer;
                try
                {
                    answer = await (next ?? NextAsync(position, end, stop.Token)).ConfigureAwait(false);
                }
                catch (GridException refusal) when (refusal.Code == GridErrorCode.OffsetOutOfRange && reset != OffsetReset.Refuse)
                {
                    next = null;
                    position = await PlaceAsync(reset == OffsetReset.Earliest ? OffsetPlace.Earliest : OffsetPlace.Latest, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                next = null;
                using var frames = answer.Frames;
                _idle = frames is null && answer.NextOffset <= position ? _idle + 1 : 0;
                if (_idle > 0 && end is not null)
                    await table.Connection.Retry.PauseAsync(_idle, cancellationToken).ConfigureAwait(false); // nothing to read below the end: a follower behind its leader
                if (answer.NextOffset <= position && frames is not null)
                    throw new GridException(GridErrorCode.Corrupt, $"Bucket {bucket} answered frames for offset {position} and said to go on at {answer.NextOffset}; report this.");
                if (answer.NextOffset < last && frames is not null)
                    next = NextAsync(answer.NextOffset, end, stop.Token);
                if (frames is not null)
                    await EmitAsync(frames, position, last, emit, cancellationToken).ConfigureAwait(false);
                position = answer.NextOffset;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            if (next is not null)
                await DropAsync(next).ConfigureAwait(false);
            await CloseStreamAsync().ConfigureAwait(false);
        }
    }

    public Task<LogOffset> PlaceAsync(OffsetPlace place, CancellationToken cancellationToken) =>
        table.Connection.Retry.RunAsync(() => table.Bucket(bucket).FindOffsetAsync(new OffsetQuery { Place = place }), cancellationToken);

    private async Task<FetchAnswer> NextAsync(LogOffset position, LogOffset? end, CancellationToken cancellationToken)
    {
        // The first answer is a fetch: it may be all there is, and then a ticket and a connection would cost more than they bring.
        if (end is { } stop && _fetched && !_streamTried && table.Connection.Options.UseDataPort)
        {
            _streamTried = true;
            _stream = await LogStream.TryOpenAsync(table, bucket, Request(position, tail: false), stop, cancellationToken).ConfigureAwait(false);
        }

        if (_stream is not null)
        {
            if (await _stream.TryNextAsync(position, cancellationToken).ConfigureAwait(false) is { } answer)
                return answer;
            await CloseStreamAsync().ConfigureAwait(false);
        }

        _fetched = true;
        return await FetchAsync(position, tail: end is null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// How long a tail asks the bucket to wait. Most partitions are over, and a table may have a great many: of those where nothing comes, it asks less and less often. What comes is answered at once all the same; only
    /// that a node died is noticed later.
    /// </summary>
    private int WaitMs()
    {
        var wait = table.Connection.Options.FetchWait.TotalMilliseconds;
        if (table.Partition.Value != 0)
            wait = Math.Max(wait, Math.Min(wait * (1 + _idle), PartitionWaitMsMax));
        return (int)Math.Clamp(wait, 0, GridLimits.FetchWaitMsMax);
    }

    private async ValueTask CloseStreamAsync()
    {
        if (_stream is { } stream)
            await stream.DisposeAsync().ConfigureAwait(false);
        _stream = null;
    }

    private FetchRequest Request(LogOffset offset, bool tail) => new()
    {
        Offset = offset,
        WaitMsMax = tail ? WaitMs() : 0,
        Project = plan.Fetched is not null,
        Columns = plan.Projection,
        Filter = plan.Filter,
        SchemaVersion = plan.Schema.Version,
    };

    private Task<FetchAnswer> FetchAsync(LogOffset offset, bool tail, CancellationToken cancellationToken)
    {
        var request = Request(offset, tail);
        var connection = table.Connection;
        var limit = TimeSpan.FromMilliseconds(request.WaitMsMax) + AnswerWithin;
        return connection.Retry.RunAsync(() => table.Bucket(bucket).FetchAsync(request, cancellationToken).WaitAsync(limit, connection.Time, cancellationToken), cancellationToken);
    }

    private async Task EmitAsync(FrameBlock frames, LogOffset from, LogOffset end, Func<GridBatch, ValueTask> emit, CancellationToken cancellationToken)
    {
        foreach (var frame in Split(frames.Memory))
        {
            if (frame.Header.RowCount == 0 || frame.Header.EndOffset <= from || frame.Header.BaseOffset >= end)
                continue;
            var (rows, decoded) = await _translator.DecodeAsync(frame, version: false, cancellationToken).ConfigureAwait(false);
            if (FrameRows.Take(plan, rows, decoded, frame.Header, bucket, from, end, frames) is { } batch)
            {
                batch.Partition = table.Partition;
                await emit(batch).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The frames of a block, each checked.</summary>
    private static List<Frame> Split(ReadOnlyMemory<byte> block)
    {
        var frames = new List<Frame>();
        var reader = new FrameReader(block);
        while (reader.Read())
            frames.Add(reader.Current);
        return frames;
    }

    /// <summary>Waits for a fetch that nobody wants any more and gives its memory back.</summary>
    private static async Task DropAsync(Task<FetchAnswer> fetch)
    {
        try
        {
            (await fetch.ConfigureAwait(false)).Frames?.Dispose();
        }
        catch (Exception failure) when (failure is OperationCanceledException or GridException || Retry.IsTransient(failure))
        {
            // The reader is on its way out; why an answer that nobody reads did not come is of no interest.
        }
    }
}
