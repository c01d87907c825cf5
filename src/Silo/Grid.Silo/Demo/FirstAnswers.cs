using System.Diagnostics;

namespace Grid.Silo.Demo;

/// <summary>When each of several buckets answered for the first time after a moment. Thread safe.</summary>
internal sealed class FirstAnswers
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _silent;
    private readonly List<TimeSpan> _times = [];
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _since;

    public FirstAnswers(IEnumerable<int> buckets)
    {
        _silent = [.. buckets];
        if (_silent.Count == 0)
            _all.SetResult();
    }

    /// <summary>The times found, the shortest first.</summary>
    public IReadOnlyList<TimeSpan> Times
    {
        get
        {
            lock (_lock)
                return [.. _times.Order()];
        }
    }

    /// <summary>The moment: a timestamp of <see cref="Stopwatch"/>. Answers to what was asked before it do not count.</summary>
    public void Begin(long since)
    {
        lock (_lock)
            _since = since;
    }

    /// <summary>A bucket answered now what was asked then.</summary>
    public void Answered(int bucket, long asked)
    {
        lock (_lock)
        {
            if (_since is not { } since || asked < since || !_silent.Remove(bucket))
                return;
            _times.Add(Stopwatch.GetElapsedTime(since));
            if (_silent.Count == 0)
                _all.TrySetResult();
        }
    }

    /// <summary>Completes when every bucket has answered.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _all.Task.WaitAsync(cancellationToken);
}
