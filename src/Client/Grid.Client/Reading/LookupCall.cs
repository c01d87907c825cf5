using Grid.Abstractions;
using Grid.Client.Retrying;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>One lookup call to a bucket: to its leader with retries, or to one follower within a bound and to the leader where that fails.</summary>
internal sealed class LookupCall(TableHandle table, ReadPreference preference)
{
    public Task<LookupAnswer> SendAsync(int bucket, LookupRequest request, CancellationToken cancellationToken) =>
        preference == ReadPreference.Follower ? AskFollowerFirstAsync(bucket, request, cancellationToken) : AskLeaderAsync(bucket, request, cancellationToken);

    private async Task<LookupAnswer> AskFollowerFirstAsync(int bucket, LookupRequest request, CancellationToken cancellationToken) =>
        await AskFollowerAsync(bucket, request, cancellationToken).ConfigureAwait(false) ?? await AskLeaderAsync(bucket, request, cancellationToken).ConfigureAwait(false);

    private Task<LookupAnswer> AskLeaderAsync(int bucket, LookupRequest request, CancellationToken cancellationToken) =>
        table.Connection.Retry.RunAsync(() => table.Bucket(bucket).LookupAsync(request, cancellationToken), cancellationToken);

    /// <summary>Null: the leader has to be asked.</summary>
    private async Task<LookupAnswer?> AskFollowerAsync(int bucket, LookupRequest request, CancellationToken cancellationToken)
    {
        var connection = table.Connection;
        var patience = connection.Options.FollowerWait;
        if (await table.Followers.NextAsync(bucket, patience, cancellationToken).ConfigureAwait(false) is not { } node)
            return null;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<LookupAnswer>? call = null;
        try
        {
            call = connection.Loss.AnswerAsync(() => connection.Follower(table.IdOf(bucket), node).LookupAsync(request, bound.Token), CancellationToken.None);
            return await call.WaitAsync(patience, connection.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && (failure is GridException || Retry.IsTransient(failure)))
        {
            // Whatever it is, the leader knows better, and says so itself where the request is wrong.
            table.Followers.Failed(bucket, node);
            return null;
        }
        finally
        {
            if (call is { IsCompleted: false })
            {
                // The follower need not wait for the floor any longer; an answer that comes all the same is nobody's.
                await bound.CancelAsync().ConfigureAwait(false);
                _ = call.ContinueWith(
                    static late => (late.IsCompletedSuccessfully ? late.Result.Rows : null)?.Dispose(),
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
        }
    }
}
