using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Grains.Buckets;

/// <summary>
/// A bucket's place in the <see cref="BucketHost"/>: taken by one activation from before its engine opens until after it closed. Another
/// activation of the same bucket waits for that.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing, and a late request to close must not find it disposed.")]
internal sealed class OpenBucket
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _endWaits = new();
    private readonly TimeProvider _time;
    private readonly Action _requestClose;
    private BucketEngine? _engine;
    private int _calls;
    private int _closeRequested;
    private long _lastUsed;

    public OpenBucket(BucketId id, TimeProvider time, Action requestClose)
    {
        Id = id;
        _time = time;
        _requestClose = requestClose;
        _lastUsed = time.GetTimestamp();
    }

    public BucketId Id { get; }

    /// <summary>Completes when the place is free again.</summary>
    public Task Released => _released.Task;

    public BucketEngine Engine => _engine ?? throw new InvalidOperationException($"Bucket {Id} is not open.");

    public bool IsOpen => _engine is not null;

    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>Whether it may be closed to make room: open, no call at work, not asked before.</summary>
    public bool IsIdle => _engine is not null && Volatile.Read(ref _calls) == 0 && Volatile.Read(ref _closeRequested) == 0;

    public void Opened(BucketEngine engine) => _engine = engine;

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

    /// <summary>Asks the activation to close the bucket, once.</summary>
    public void RequestClose()
    {
        if (Interlocked.Exchange(ref _closeRequested, 1) != 0)
            return;
        EndWaits();
        _requestClose();
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
