namespace Grid.Client.Writing;

/// <summary>The rows given between two flushes: counts what is not settled and remembers the first failure.</summary>
internal sealed class FlushEpoch
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _open = 1; // the one that Close takes away
    private Exception? _failure;

    /// <summary>Completes once closed and everything in it is settled, failed or not.</summary>
    public Task Done => _done.Task;

    public Exception? Failure => Volatile.Read(ref _failure);

    public void Enter() => Interlocked.Increment(ref _open);

    public void Exit(Exception? failure)
    {
        if (failure is not null)
            Interlocked.CompareExchange(ref _failure, failure, null);
        if (Interlocked.Decrement(ref _open) == 0)
            _done.TrySetResult();
    }

    public void Close() => Exit(null);
}
