using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>How far the log is in the shard, and who waits for it to get further. Thread safe.</summary>
internal sealed class AppliedOffset(LogOffset start, TimeProvider time) : IDisposable
{
    /// <summary>Most reads that may wait for a floor.</summary>
    public const int WaitersMax = 4096;

    /// <summary>A floor that is not reached in this time is refused.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<(LogOffset Floor, TaskCompletionSource Reached)> _waiters = [];
    private long _value = start.Value;
    private bool _closed;

    public LogOffset Value => new(Volatile.Read(ref _value));

    /// <summary>Moves on and wakes whoever waited for this.</summary>
    public void Set(LogOffset value)
    {
        lock (_lock)
        {
            Volatile.Write(ref _value, value.Value);
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Floor > value)
                    continue;
                _waiters[i].Reached.TrySetResult();
                _waiters.RemoveAt(i);
            }
        }
    }

    /// <summary>Waits until everything below <paramref name="floor"/> is applied.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Timeout"/>, <see cref="GridErrorCode.Busy"/>, <see cref="GridErrorCode.Closing"/>.</exception>
    public Task WaitAsync(LogOffset floor, CancellationToken cancellationToken) =>
        floor <= Value ? Task.CompletedTask : WaitSlowlyAsync(floor, cancellationToken);

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var (_, reached) in _waiters)
                reached.TrySetException(Closing());
            _waiters.Clear();
        }
    }

    private static GridException Closing() => new(GridErrorCode.Closing, "The bucket's shard is closing; ask again.");

    private async Task WaitSlowlyAsync(LogOffset floor, CancellationToken cancellationToken)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_closed)
                throw Closing();
            if (floor <= Value)
                return;
            if (_waiters.Count >= WaitersMax)
                throw new GridException(GridErrorCode.Busy, $"{WaitersMax} reads wait for this shard already; ask again later.");
            _waiters.Add((floor, reached));
        }

        try
        {
            await reached.Task.WaitAsync(WaitMax, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            throw new GridException(GridErrorCode.Timeout,
                $"The shard has applied the log up to offset {Value}, the read wants {floor} as a floor, and {WaitMax.TotalSeconds:0} s were not enough; ask again, or ask the leader.", exception)
            { Detail = Value.Value };
        }
        finally
        {
            lock (_lock)
                _waiters.RemoveAll(waiter => waiter.Reached == reached);
        }
    }
}
