using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Client.Reading;

/// <summary>
/// Lookups of single keys in one bucket, batched across callers: the first goes at once; those that come while calls are in flight travel together when one
/// returns. Nobody waits for company.
/// </summary>
/// <typeparam name="TRow">What a row becomes.</typeparam>
/// <param name="bucket">The bucket's number.</param>
/// <param name="plan">What is asked for.</param>
/// <param name="call">Who is asked.</param>
/// <param name="materialize">Makes one result for each row of a batch, whose memory ends afterwards.</param>
internal sealed class LookupQueue<TRow>(int bucket, LookupPlan plan, LookupCall call, Func<RecordBatch, TRow[]> materialize)
{
    /// <summary>Calls in flight: two keep the bucket busy while an answer is decoded; more would only make smaller batches.</summary>
    private const int InFlightMax = 2;

    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _inFlight;

    /// <summary>The row of an encoded key, or default where there is none.</summary>
    public Task<TRow?> LookupAsync(byte[] key, LogOffset floor, CancellationToken cancellationToken)
    {
        Task<TRow?>? answer = null;
        lock (_lock)
        {
            if (_inFlight >= InFlightMax)
            {
                var waiting = new Waiting(key, floor, new TaskCompletionSource<TRow?>(TaskCreationOptions.RunContinuationsAsynchronously));
                _waiting.Enqueue(waiting);
                answer = waiting.Source.Task;
            }
            else
            {
                _inFlight++;
            }
        }

        return (answer ?? LookupAloneAsync(key, floor)).WaitAsync(cancellationToken);
    }

    /// <summary>One key in its caller's own flow, without the detour over a queue: the latency of a lookup at low load. Those that come meanwhile go when it is back.</summary>
    private async Task<TRow?> LookupAloneAsync(byte[] key, LogOffset floor)
    {
        try
        {
            using var block = KeyBlock.Build([key]);
            var answer = await call.SendAsync(bucket, plan.Request(block, floor), CancellationToken.None).ConfigureAwait(false);
            using var memory = answer.Rows;
            using var found = plan.Decode(answer, keys: 1);
            return found is { Length: > 0 } ? materialize(found)[0] : default;
        }
        finally
        {
            if (TakeBatchOrLeave() is { } batch)
                _ = DrainAsync(batch);
        }
    }

    /// <summary>Sends batches until nobody waits. Never fails: failures go to the callers.</summary>
    private async Task DrainAsync(Waiting[] first)
    {
        for (var batch = first; batch is not null; batch = TakeBatchOrLeave())
            await SendAsync(batch).ConfigureAwait(false);
    }

    /// <summary>The next batch for whoever has a call back; null where nobody waits: then it is not in flight any more.</summary>
    private Waiting[]? TakeBatchOrLeave()
    {
        lock (_lock)
        {
            if (_waiting.Count > 0)
                return TakeBatch();
            _inFlight--;
            return null;
        }
    }

    /// <summary>One batch. Never fails: failures go to the callers.</summary>
    private async Task SendAsync(Waiting[] batch)
    {
        try
        {
            await LookupAsync(batch).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            foreach (var waiting in batch)
                waiting.Source.TrySetException(failure);
        }
    }

    /// <summary>As many as one call takes.</summary>
    private Waiting[] TakeBatch()
    {
        var batch = new List<Waiting>(Math.Min(_waiting.Count, GridLimits.LookupKeysMax));
        var bytes = 0;
        while (batch.Count < GridLimits.LookupKeysMax && _waiting.TryPeek(out var next)
            && (batch.Count == 0 || KeyBlock.Length(batch.Count + 1, bytes + next.Key.Length) <= GridLimits.CallBytesMax))
        {
            batch.Add(_waiting.Dequeue());
            bytes += next.Key.Length;
        }

        return [.. batch];
    }

    private async Task LookupAsync(Waiting[] batch)
    {
        // Those that travel together get what the most demanding of them asks for.
        var floor = batch.Max(static waiting => waiting.Floor.Value);
        for (var done = 0; done < batch.Length;)
        {
            var keys = new byte[batch.Length - done][];
            for (var i = 0; i < keys.Length; i++)
                keys[i] = batch[done + i].Key;
            using var block = KeyBlock.Build(keys);
            var answer = await call.SendAsync(bucket, plan.Request(block, new LogOffset(floor)), CancellationToken.None).ConfigureAwait(false);
            using var memory = answer.Rows;
            using var found = plan.Decode(answer, keys.Length);
            var rows = found is null ? [] : materialize(found);
            for (int i = 0, row = 0; i < answer.Answered; i++)
                batch[done + i].Source.TrySetResult(LookupPlan.IsFound(answer, i) ? rows[row++] : default);
            done += answer.Answered;
        }
    }

    private sealed record Waiting(byte[] Key, LogOffset Floor, TaskCompletionSource<TRow?> Source);
}
