namespace Grid.Storage.Buckets;

/// <summary>
/// The bounded queue before a bucket's writer, and the loop that empties it: a work item on the thread pool while there is work, nothing while there is none.
/// </summary>
internal sealed class WriteQueue : IThreadPoolWorkItem
{
    /// <summary>Bytes of requests that are written together at most, beyond the first: bounds the wait of the next group.</summary>
    private const long GroupBytesMax = 8 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<PendingWrite> _waiting = new();
    private readonly List<PendingWrite> _taken = [];
    private readonly Action<List<PendingWrite>> _run;
    private readonly int _countMax;
    private readonly long _bytesMax;
    private TaskCompletionSource? _drained;
    private long _bytes;
    private bool _woken;
    private bool _running;

    /// <summary>Makes the queue.</summary>
    /// <param name="run">Called with the next writes, possibly none, never twice at a time; must not throw and not keep the list.</param>
    /// <param name="countMax">Most writes waiting.</param>
    /// <param name="bytesMax">Most bytes of writes waiting, unless a single one is larger.</param>
    public WriteQueue(Action<List<PendingWrite>> run, int countMax, long bytesMax)
    {
        _run = run;
        _countMax = countMax;
        _bytesMax = bytesMax;
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    public QueueOutcome TryAdd(PendingWrite write)
    {
        lock (_gate)
        {
            if (_drained is not null)
                return QueueOutcome.Closed;
            if (_waiting.Count >= _countMax || (_waiting.Count > 0 && _bytes + write.Bytes > _bytesMax))
                return QueueOutcome.Full;
            _waiting.Enqueue(write);
            _bytes += write.Bytes;
            Schedule();
            return QueueOutcome.Added;
        }
    }

    /// <summary>Runs the loop once even if nothing waits.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _woken = true;
            Schedule();
        }
    }

    /// <summary>Takes nothing more; ends when what was taken has run.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _woken = true;
            Schedule();
            return _drained.Task;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (Take())
        {
            _run(_taken);
            _taken.Clear();
        }
    }

    private void Schedule()
    {
        if (_running)
            return;
        _running = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool Take()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 && !_woken)
            {
                _running = false;
                _drained?.TrySetResult();
                return false;
            }

            _woken = false;
            var bytes = 0L;
            while (_waiting.TryPeek(out var write) && (bytes == 0 || bytes + write.Bytes <= GroupBytesMax))
            {
                _taken.Add(_waiting.Dequeue());
                bytes += write.Bytes;
            }

            _bytes -= bytes;
            return true;
        }
    }
}
