using Grid.Abstractions;

namespace Grid.Cluster.Tests;

/// <summary>
/// Writers that run until they are stopped or their server is gone. An instant is a number of acknowledgements, so that it falls into every phase of the server's work at whatever
/// speed the machine has.
/// </summary>
internal sealed class Work
{
    private readonly Lock _lock = new();
    private readonly List<Task> _writers = [];
    private TaskCompletionSource? _reached;
    private int _left;

    public void Run(Func<Task> writer) => _writers.Add(Task.Run(writer));

    public void Acknowledged()
    {
        lock (_lock)
            if (_reached is not null && --_left == 0)
                _reached.TrySetResult();
    }

    /// <summary>Returns after that many more acknowledgements. A writer that ends before is a failure.</summary>
    public async Task UntilAcknowledgedAsync(int count)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            (_reached, _left) = (reached, count);
        var ended = Task.WhenAny(_writers);
        if (await Task.WhenAny(reached.Task, ended) == ended)
            await await ended;
    }

    /// <summary>Returns when all have ended: stopped, or cut off with an outcome that is unknown.</summary>
    public async Task EndAsync()
    {
        foreach (var writer in _writers)
        {
            try
            {
                await writer;
            }
            catch (Exception e) when (e is OperationCanceledException or GridException or TimeoutException or Orleans.Runtime.OrleansException)
            {
                // The outcome of its last write is unknown, of those before it acknowledged.
            }
        }
    }
}
