namespace Grid.Storage.Objects.Blobs;

/// <summary>Requests under a time limit, repeated within a bound. The Azure client repeats nothing itself (<see cref="AzureBlobObjectStore"/>).</summary>
internal sealed class BlobCalls(AzureBlobOptions options, TimeProvider time)
{
    /// <summary>One request; <see cref="TimeoutException"/> where it took longer than it may.</summary>
    public async Task<T> OnceAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.AttemptTimeoutMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await call(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {options.AttemptTimeoutMs} ms.", exception);
        }
    }

    /// <summary>A request that may be repeated: a read, or a write that does the same when it is done twice.</summary>
    public async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await OnceAsync(call, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (attempt < options.RetriesMax && BlobFailure.IsTransient(exception))
            {
                await BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The wait before a repeat: doubling, bounded, spread so that many clients do not come back together.</summary>
    public Task BackOffAsync(int attempt, CancellationToken cancellationToken)
    {
        var longest = Math.Min((double)options.BackoffMs * (1L << attempt), options.BackoffMsMax);
        return Task.Delay(TimeSpan.FromMilliseconds(longest * (1 - (Random.Shared.NextDouble() / 2))), time, cancellationToken);
    }
}
