namespace Grid.Client.Writing;

/// <summary>Bounds the bytes that a writer holds. Entering waits while the budget is spent; one entrant may overdraw it by what it adds.</summary>
internal sealed class ByteBudget(long bytesMax)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private long _used;

    /// <summary>Completes when there is room.</summary>
    public ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_used < bytesMax)
                return ValueTask.CompletedTask;
            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }

        return new ValueTask(turn.Task.WaitAsync(cancellationToken));
    }

    public void Take(long bytes)
    {
        lock (_lock)
            _used += bytes;
    }

    public void Return(long bytes)
    {
        List<TaskCompletionSource>? turns = null;
        lock (_lock)
        {
            _used -= bytes;
            if (_used < bytesMax && _waiting.Count > 0)
            {
                turns = [.. _waiting];
                _waiting.Clear();
            }
        }

        // Whoever gave up waiting has lost nothing: its turn took no bytes.
        foreach (var turn in turns ?? [])
            turn.TrySetResult();
    }
}
