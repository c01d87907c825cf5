using Orleans.Runtime;

namespace Grid.Client.Connecting;

/// <summary>
/// Ends the wait for calls under way when the last connection to the cluster breaks: nobody will answer them, and Orleans lets them wait for their whole timeout all the same. Their
/// outcome is unknown, as after a timeout; they are repeated by the same rules. Thread safe.
/// </summary>
internal sealed class ConnectionLoss
{
    private TaskCompletionSource _lost = New();

    /// <summary>The connection is gone: calls made before this are lost, later ones are not.</summary>
    public void Lost() => Interlocked.Exchange(ref _lost, New()).SetResult();

    /// <summary>The answer of a call, unless the connection breaks first or the caller gives up.</summary>
    /// <exception cref="SiloUnavailableException">The connection broke; the outcome of the call is unknown.</exception>
    public async Task<T> AnswerAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        // Taken before the call: a connection that breaks while it is made counts.
        var lost = Volatile.Read(ref _lost).Task;
        var answer = call().WaitAsync(cancellationToken);
        if (!answer.IsCompleted && await Task.WhenAny(answer, lost).ConfigureAwait(false) == lost && !answer.IsCompleted)
            throw new SiloUnavailableException("The connection to the Grid broke before the answer came.");
        return await answer.ConfigureAwait(false);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
