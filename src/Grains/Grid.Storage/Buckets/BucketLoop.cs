namespace Grid.Storage.Buckets;

/// <summary>
/// A bucket's one thread of control: a work item on the thread pool while there is work, nothing while there is none. Inputs (a replica's answers, a leader's frames, timers) are always taken;
/// writes wait in a bounded queue until the writer may take them.
/// </summary>
internal sealed class BucketLoop : IThreadPoolWorkItem
{
    /// <summary>Bytes of requests that are written together at most, beyond the first: bounds the wait of the next group.</summary>
    private const long GroupBytesMax = 8 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<PendingWrite> _waiting = new();
    private readonly List<PendingWrite> _taken = [];
    private readonly IBucketLoopBody _body;
    private readonly int _countMax;
    private readonly long _bytesMax;
    private readonly Action<IThreadPoolWorkItem> _schedule;
    private List<Action> _inputs = [];
    private List<Action> _inputsTaken = [];
    private TaskCompletionSource? _drained;
    private long _bytes;
    private bool _woken;
    private bool _running;

    /// <summary>Makes the loop.</summary>
    /// <param name="body">What runs on it, never twice at a time.</param>
    /// <param name="countMax">Most writes waiting.</param>
    /// <param name="bytesMax">Most bytes of writes waiting, unless a single one is larger.</param>
    /// <param name="schedule">Has the loop executed soon, on another stack than the caller's.</param>
    public BucketLoop(IBucketLoopBody body, int countMax, long bytesMax, Action<IThreadPoolWorkItem> schedule)
    {
        _schedule = schedule;
        _body = body;
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

    /// <summary>Runs an input on the loop; inputs run in the order of their posting. It must not throw. Their number is bounded by whoever may post: calls under way, timers.</summary>
    public void Post(Action input)
    {
        lock (_gate)
        {
            _inputs.Add(input);
            Schedule();
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

    /// <summary>Takes no more writes; ends when those that were taken have their outcome. Inputs are still run.</summary>
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
        while (true)
        {
            TakeInputs();
            foreach (var input in _inputsTaken)
                input();
            _inputsTaken.Clear();
            _body.Settle();
            var mayWrite = _body.MayTakeWrites;
            if (mayWrite && TakeWrites())
            {
                _body.Run(_taken);
                _taken.Clear();
            }

            if (TryStop())
                return;
        }
    }

    private void Schedule()
    {
        if (_running)
            return;
        _running = true;
        _schedule(this);
    }

    private void TakeInputs()
    {
        lock (_gate)
            (_inputs, _inputsTaken) = (_inputsTaken, _inputs);
    }

    /// <summary>Takes the next group; true also where the loop was woken and there is none.</summary>
    private bool TakeWrites()
    {
        lock (_gate)
        {
            var bytes = 0L;
            while (_waiting.TryPeek(out var write) && (bytes == 0 || bytes + write.Bytes <= GroupBytesMax))
            {
                _taken.Add(_waiting.Dequeue());
                bytes += write.Bytes;
            }

            _bytes -= bytes;
            var run = bytes > 0 || _woken;
            _woken = false;
            return run;
        }
    }

    private bool TryStop()
    {
        // Only the loop changes what the body says, so it may be asked outside the lock.
        var mayWrite = _body.MayTakeWrites;
        var hasOutcomes = !_body.HasWritesUnderWay;
        lock (_gate)
        {
            if (_inputs.Count > 0 || (mayWrite && (_waiting.Count > 0 || _woken)))
                return false;
            _running = false;
            if (_waiting.Count == 0 && hasOutcomes)
                _drained?.TrySetResult();
            return true;
        }
    }
}
