namespace Grid.Abstractions;

/// <summary>Bounds each step of a conversation: a step that takes longer than the limit is cancelled and reported as a timeout. One step at a time.</summary>
internal sealed class IdleLimit : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenRegistration _outer;
    private readonly TimeSpan _limit;

    /// <summary>Makes the limit.</summary>
    /// <param name="limit">The longest step.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the step under way, and all later ones, for another reason.</param>
    public IdleLimit(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _limit = limit;
        _stop = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _outer = cancellationToken.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
    }

    /// <summary>Begins a step; give its token to what the step waits for.</summary>
    public CancellationToken Begin()
    {
        _stop.CancelAfter(_limit);
        return _stop.Token;
    }

    /// <summary>Ends the step in time.</summary>
    public void End() => _stop.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>What a cancelled step is to its caller: a timeout, unless the caller itself cancelled.</summary>
    public Exception Translate(OperationCanceledException cancelled) =>
        _outer.Token.IsCancellationRequested
            ? new OperationCanceledException(cancelled.Message, cancelled, _outer.Token)
            : new GridException(GridErrorCode.Timeout, $"The other side of a data port did nothing for {_limit.TotalMilliseconds:0} ms. Open the stream again.", cancelled);

    /// <inheritdoc/>
    public void Dispose()
    {
        _outer.Dispose();
        _stop.Dispose();
    }
}
