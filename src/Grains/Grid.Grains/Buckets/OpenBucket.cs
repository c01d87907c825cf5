using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Grains.Buckets;

/// <summary>
/// A bucket's place in the <see cref="BucketHost"/>, shared by the grains of this node that use its engine: the bucket's own and its replica. It is open from the
/// first user to the last.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing, and a late request to close must not find it disposed.")]
internal sealed class OpenBucket
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _endWaits = new();
    private readonly TimeProvider _time;
    private readonly List<Action> _users = [];
    private Task<BucketEngine>? _opening;
    private int _calls;
    private int _closeRequested;
    private long _lastUsed;

    public OpenBucket(BucketId id, TimeProvider time)
    {
        Id = id;
        _time = time;
        _lastUsed = time.GetTimestamp();
    }

    public BucketId Id { get; }

    /// <summary>Completes when the place is free again.</summary>
    public Task Released => _released.Task;

    /// <summary>Ends when the engine is open, or could not be opened.</summary>
    public Task<BucketEngine> Opening => _opening ?? throw new InvalidOperationException($"Bucket {Id} is not being opened.");

    public BucketEngine Engine => IsOpen ? _opening!.Result : throw new InvalidOperationException($"Bucket {Id} is not open.");

    public bool IsOpen => _opening is { IsCompletedSuccessfully: true };

    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>Whether a call or a stream is under way.</summary>
    public bool IsAtWork => Volatile.Read(ref _calls) > 0;

    /// <summary>Whether it may be closed to make room: open, no call at work, not asked before.</summary>
    public bool IsIdle => IsOpen && Volatile.Read(ref _calls) == 0 && Volatile.Read(ref _closeRequested) == 0;

    /// <summary>Whether an engine is or was opened in it; false: somebody works on the bucket's files.</summary>
    public bool IsForEngine => _opening is not null;

    /// <summary>Whether the last user has left: nobody joins any more. Guarded by the host's lock.</summary>
    public bool IsClosing { get; private set; }

    public void Open(Task<BucketEngine> opening) => _opening = opening;

    /// <summary>Adds a user, by the callback that asks it to leave. Guarded by the host's lock.</summary>
    public void Join(Action requestClose) => _users.Add(requestClose);

    /// <summary>Takes a user out; true where it was the last. Guarded by the host's lock.</summary>
    public bool Leave(Action requestClose)
    {
        _users.Remove(requestClose);
        return IsClosing = _users.Count == 0;
    }

    public void BeginCall()
    {
        Interlocked.Increment(ref _calls);
        Volatile.Write(ref _lastUsed, _time.GetTimestamp());
    }

    public void EndCall()
    {
        Volatile.Write(ref _lastUsed, _time.GetTimestamp());
        Interlocked.Decrement(ref _calls);
    }

    /// <summary>The users to be asked to leave, the first time; later none. Guarded by the host's lock.</summary>
    public IReadOnlyList<Action> BeginClose()
    {
        if (Interlocked.Exchange(ref _closeRequested, 1) != 0)
            return [];
        EndWaits();
        return [.. _users];
    }

    /// <summary>Ends waiting fetches: Orleans deactivates nobody who has a call at work.</summary>
    public void EndWaits() => _endWaits.Cancel();

    /// <summary>A fetch that may wait for rows; where the bucket is to close, it stops waiting and its caller asks again.</summary>
    public async Task<FetchAnswer> WaitAndFetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _endWaits.Token);
        try
        {
            return await Engine.FetchAsync(request, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GridException(GridErrorCode.Closing, $"Bucket {Id} is closing; fetch again.");
        }
    }

    public void Release() => _released.TrySetResult();
}
