namespace Grid.Storage.Lake.Tiering;

/// <summary>
/// Who may write lake files on a node now. Tiering comes first, in the order of arrival; compaction has a turn where no tiering waits for one, and never more than one: rows on their way into the lake don't wait for those that
/// are there already, but where the node has a single turn, until the file at work is written. Thread safe.
/// </summary>
internal sealed class WriterTurns(int count, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _tiering = [];
    private readonly LinkedList<TaskCompletionSource> _compactions = [];
    private int _free = count;
    private bool _isCompacting;

    /// <summary>Waits for a turn of tiering; false: there was none within the time. True must be followed by <see cref="Release"/>.</summary>
    public Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => WaitAsync(_tiering, atMost, Release, cancellationToken);

    /// <summary>Ends a turn of tiering.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _free++;
            GrantLocked();
        }
    }

    /// <summary>Waits for a compaction's turn, which <see cref="ReleaseCompaction"/> must end.</summary>
    public Task WaitCompactionAsync(CancellationToken cancellationToken) => WaitAsync(_compactions, Timeout.InfiniteTimeSpan, ReleaseCompaction, cancellationToken);

    /// <summary>Ends a compaction's turn.</summary>
    public void ReleaseCompaction()
    {
        lock (_lock)
        {
            _free++;
            _isCompacting = false;
            GrantLocked();
        }
    }

    private async Task<bool> WaitAsync(LinkedList<TaskCompletionSource> queue, TimeSpan atMost, Action release, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<TaskCompletionSource> place;
        lock (_lock)
        {
            place = queue.AddLast(turn);
            GrantLocked();
        }

        try
        {
            await turn.Task.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // It may have come at the same moment.
            return !Leave(queue, place);
        }
        catch (OperationCanceledException)
        {
            if (!Leave(queue, place))
                release();
            throw;
        }
    }

    /// <summary>Takes a place back; false: its turn had come.</summary>
    private bool Leave(LinkedList<TaskCompletionSource> queue, LinkedListNode<TaskCompletionSource> place)
    {
        lock (_lock)
        {
            if (place.List is null)
                return false;
            queue.Remove(place);
            return true;
        }
    }

    private void GrantLocked()
    {
        while (_free > 0 && _tiering.First is { } next)
            Grant(_tiering, next);
        if (_free > 0 && !_isCompacting && _compactions.First is { } compaction)
        {
            _isCompacting = true;
            Grant(_compactions, compaction);
        }
    }

    private void Grant(LinkedList<TaskCompletionSource> queue, LinkedListNode<TaskCompletionSource> place)
    {
        queue.Remove(place);
        _free--;
        place.Value.SetResult();
    }
}
