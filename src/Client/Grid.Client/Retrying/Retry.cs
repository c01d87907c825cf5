using Grid.Abstractions;
using Grid.Client.Connecting;
using Orleans.Runtime;

namespace Grid.Client.Retrying;

/// <summary>Repeats what may be repeated: pauses that double up to a limit, within a time limit. Calls must be harmless when done twice.</summary>
internal sealed class Retry(GridClientOptions options, TimeProvider time, ConnectionLoss loss)
{
    /// <summary>Runs a call until it succeeds, is refused for good, or the time is over.</summary>
    /// <exception cref="GridException">The refusal; <see cref="GridErrorCode.Timeout"/> where nobody answered.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await loss.AnswerAsync(call, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (IsTransient(failure) && !cancellationToken.IsCancellationRequested)
            {
                if (IsOver(started))
                    throw Report(failure);
            }

            await PauseAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="RunAsync{T}"/>, without a result.</summary>
    public Task RunAsync(Func<Task> call, CancellationToken cancellationToken) =>
        RunAsync(
            async () =>
            {
                await call().ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    public bool IsOver(long started) => time.GetElapsedTime(started) >= options.RetryFor;

    public Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        var pause = options.RetryDelay * Math.Pow(2, Math.Min(attempt, 16));
        return Task.Delay(pause < options.RetryDelayMax ? pause : options.RetryDelayMax, time, cancellationToken);
    }

    /// <summary>Whether the same call may succeed later. The outcome of such a failure may be unknown.</summary>
    public static bool IsTransient(Exception failure) => failure switch
    {
        GridException refusal => refusal.IsTransient,
        TimeoutException or OrleansException or OperationCanceledException => true,
        _ => false,
    };

    /// <summary>What the caller gets once the time is over.</summary>
    public static GridException Report(Exception failure) =>
        failure as GridException ?? new GridException(GridErrorCode.Timeout, $"Nobody answered in time; what was asked may or may not have been done ({failure.Message})", failure);
}
