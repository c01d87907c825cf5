namespace Grid.Storage.Log;

/// <summary>
/// Wakes those who wait for the high watermark to move. Take the task first, then look at the watermark, then await: a move in between is never missed.
/// Costs nothing while nobody waits.
/// </summary>
internal sealed class WatermarkSignal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _next;
    private volatile bool _closed;

    public bool IsClosed => _closed;

    /// <summary>Ends at the next move, or when the log closes.</summary>
    public Task Next()
    {
        lock (_gate)
            return _closed ? Task.CompletedTask : (_next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    public void Moved()
    {
        lock (_gate)
        {
            _next?.SetResult();
            _next = null;
        }
    }

    /// <summary>Wakes everybody, now and later.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
        Moved();
    }
}
