using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Storage.Replication;

/// <summary>
/// Connects a replica's state machine with its node: turns what it says into calls, and their answers into inputs on the bucket's loop; lets callers wait for the lead and for the lease.
/// Thread safe.
/// </summary>
internal sealed class ReplicaShell : IReplicaOutbox, IReplicaObserver, IDisposable
{
    private readonly BucketId _bucket;
    private readonly IReplicaTransport _transport;
    private readonly ReplicaOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private BucketLoop? _loop;
    private BucketReplica? _replica;
    private TaskCompletionSource? _leading;
    private TaskCompletionSource? _lease;
    private TaskCompletionSource? _following;

    public ReplicaShell(BucketId bucket, IReplicaTransport transport, ReplicaOptions options, TimeProvider time)
    {
        _bucket = bucket;
        _transport = transport;
        _options = options;
        _time = time;
        _timer = time.CreateTimer(static shell => ((ReplicaShell)shell!).Post(static replica => replica.Tick()), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>This node.</summary>
    public NodeName Self => _transport.Self;

    /// <summary>Called when the replica stopped leading; from the loop.</summary>
    public Action? Deposed { get; set; }

    public void Attach(BucketReplica replica, BucketLoop loop)
    {
        _replica = replica;
        _loop = loop;
    }

    /// <summary>Takes the lead, or joins those who wait for it; ends when the bucket serves.</summary>
    /// <exception cref="GridException">Why it does not.</exception>
    public Task LeadAsync(VersionedRecord record, CancellationToken cancellationToken)
    {
        Task leading;
        lock (_gate)
        {
            if (_replica!.Role == ReplicaRole.Leading)
                return Task.CompletedTask;
            _leading ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            leading = _leading.Task;
        }

        Post(replica =>
        {
            replica.Lead(record);
            if (replica.Role == ReplicaRole.Leading)
                RoleChanged(ReplicaRole.Leading, null);
        });
        return leading.WaitAsync(cancellationToken);
    }

    /// <summary>Returns at once while the leader's epoch is confirmed, as a rule; else when it is again.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NotLeader"/>: it could not be confirmed within the lease's time.</exception>
    public Task RequireLeaseAsync(CancellationToken cancellationToken) => HasLease() ? Task.CompletedTask : RenewLeaseAsync(cancellationToken);

    /// <summary>Runs an input of the replica on the loop and answers its outcome.</summary>
    public async Task<ReplicaAnswer> AskAsync(Action<BucketReplica, Action<ReplicaAnswer>> input, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<ReplicaAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(replica => input(replica, reply => answer.TrySetResult(reply)));
        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Answers something about the replica, as it is on the loop.</summary>
    public async Task<T> QueryAsync<T>(Func<BucketReplica, T> query, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(replica => answer.TrySetResult(query(replica)));
        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Hands the lead over; ends when the replica leads no more, after the time that a hand-over gets, or at once where nobody can take it.</summary>
    public async Task HandOverAsync(CancellationToken cancellationToken)
    {
        Task following;
        lock (_gate)
        {
            _following ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            following = _following.Task;
        }

        if (!await QueryAsync(static replica => replica.HandOver(), cancellationToken).ConfigureAwait(false))
            return;
        await following.WaitAsync(TimeSpan.FromMilliseconds(_options.ReplicaTimeoutMs), _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Post(Action<BucketReplica> input) => _loop?.Post(() => input(_replica!));

    /// <inheritdoc/>
    public void RoleChanged(ReplicaRole role, Refusal? why)
    {
        TaskCompletionSource? leading = null, lease = null, following = null;
        lock (_gate)
        {
            if (role is ReplicaRole.Leading or ReplicaRole.Following)
                (leading, _leading) = (_leading, null);
            if (role == ReplicaRole.Following)
                (lease, _lease, following, _following) = (_lease, null, _following, null);
        }

        following?.TrySetResult();
        if (role == ReplicaRole.Leading)
        {
            leading?.TrySetResult();
        }
        else if (role == ReplicaRole.Following)
        {
            var refusal = (why ?? new Refusal(GridErrorCode.NotLeader, "This node does not lead the bucket; ask again.")).ToException();
            leading?.TrySetException(refusal);
            lease?.TrySetException(refusal);
            Deposed?.Invoke();
        }
    }

    /// <inheritdoc/>
    public void LeaseMayHaveChanged()
    {
        if (Volatile.Read(ref _lease) is null || !HasLease())
            return;
        TaskCompletionSource? lease;
        lock (_gate)
            (lease, _lease) = (_lease, null);
        lease?.TrySetResult();
    }

    /// <inheritdoc/>
    public void Alarmed(string message) => _transport.Alarmed(_bucket, message);

    /// <inheritdoc/>
    public void Align(NodeName to, AlignRequest request, long call) =>
        Call(to, call, token => _transport.AlignAsync(_bucket, to, request, token), null);

    /// <inheritdoc/>
    public void Push(NodeName to, PushRequest request, long call) =>
        Call(to, call, token => _transport.PushAsync(_bucket, to, request, token), request.Frames);

    /// <inheritdoc/>
    public bool TryTakeCredit(int bytes) => _transport.TryTakeCredit(bytes);

    /// <inheritdoc/>
    public void ReplaceRecord(VersionedRecord expected, BucketRecord next, long call) => Run(async token =>
    {
        VersionedRecord? outcome = null;
        var unknown = false;
        try
        {
            outcome = await _transport.ReplaceRecordAsync(_bucket, expected, next, token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GridException or OperationCanceledException)
        {
            unknown = true;
        }

        Post(replica => replica.OnRecordReplaced(call, outcome, unknown));
    });

    /// <inheritdoc/>
    public void ReadRecord(long call) => Run(async token =>
    {
        VersionedRecord? read = null;
        var failed = false;
        try
        {
            read = await _transport.ReadRecordAsync(_bucket, token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GridException or OperationCanceledException)
        {
            failed = true;
        }

        Post(replica => replica.OnRecordRead(call, read, failed));
    });

    /// <inheritdoc/>
    public void HandOver(NodeName to, LeaderEpoch epoch) => Run(async token =>
    {
        try
        {
            await _transport.TakeOverAsync(_bucket, to, epoch, token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GridException or OperationCanceledException)
        {
            // The term tries again, or gives the hand-over up.
        }
    });

    /// <inheritdoc/>
    public void Release(NodeName former) => Run(async token =>
    {
        try
        {
            await _transport.ReleaseAsync(_bucket, former, token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GridException or OperationCanceledException)
        {
            // The node finds it by itself, later.
        }
    });

    /// <inheritdoc/>
    public void Refill(NodeName replica, string reason) => Run(async token =>
    {
        var done = false;
        try
        {
            await _transport.RefillAsync(_bucket, replica, reason, token).ConfigureAwait(false);
            done = true;
        }
        catch (Exception e) when (e is GridException or OperationCanceledException)
        {
            if (!token.IsCancellationRequested)
                _transport.Alarmed(_bucket, $"Refilling {replica} failed and is tried again: {e.Message}");
        }

        Post(machine => machine.OnRefillEnded(replica, done));
    });

    /// <inheritdoc/>
    public void WakeAfter(int delayMs)
    {
        try
        {
            _timer.Change(TimeSpan.FromMilliseconds(delayMs), Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // Closing: nothing is tried again.
        }
    }

    /// <summary>Ends what is under way; nothing is posted afterwards that matters.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _timer.Dispose();
    }

    private bool HasLease() => _replica!.Role == ReplicaRole.Leading && _replica.Term is { } term && _time.GetTimestamp() < term.LeaseUntil;

    private async Task RenewLeaseAsync(CancellationToken cancellationToken)
    {
        Task renewed;
        lock (_gate)
        {
            if (HasLease())
                return;
            if (_replica!.Role is ReplicaRole.Following)
                throw _replica.WriteRefusal()!.ToException();
            _lease ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            renewed = _lease.Task;
        }

        Post(static replica => replica.RenewLease());
        try
        {
            await renewed.WaitAsync(TimeSpan.FromMilliseconds(_options.LeaseMs), _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new GridException(GridErrorCode.NotLeader,
                $"Node {_transport.Self} could not confirm within {_options.LeaseMs} ms that it still leads bucket {_bucket}, so it serves no reads; ask again.");
        }
    }

    private void Call(NodeName to, long call, Func<CancellationToken, Task<ReplicaAnswer>> send, FrameBlock? block)
    {
        Run(async token =>
        {
            try
            {
                var answer = await send(token).ConfigureAwait(false);
                Post(replica => replica.OnAnswer(to, call, answer));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                var unreachable = e is GridException { Code: GridErrorCode.UnknownNode };
                Post(replica => replica.OnFailed(to, call, unreachable));
            }
            finally
            {
                if (block is not null)
                {
                    block.Dispose();
                    _transport.ReturnCredit(_options.PushBytesMax);
                }
            }
        });
    }

    /// <summary>Starts a call on the thread pool: the loop never runs a caller's code. Their number is bounded by the machine: pushes in flight, one record operation, one hand-over, one refill a replica.</summary>
    private void Run(Func<CancellationToken, Task> call) => _ = Task.Run(() => call(_closing.Token));
}
