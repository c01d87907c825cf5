using System.Diagnostics;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Bench.Harness;

/// <summary>
/// A caller that upserts one key and one that looks one up, one call after the other without end, in one bucket; the client does the retries. Only calls that began when the
/// leader was dead count for an outage: an answer that it still gave is none of its successor's. A call that was under way then is waited for first, as any caller would.
/// </summary>
internal sealed class OutageProbe : IAsyncDisposable
{
    private readonly GridTable _table;
    private readonly long _key;
    private readonly Func<int, RecordBatch> _makeRow;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writing;
    private readonly Task _looking;
    private long _since = long.MaxValue;
    private TaskCompletionSource<long> _write = New();
    private TaskCompletionSource<long> _lookup = New();

    /// <summary>Begins at once.</summary>
    /// <param name="table">A table with an int64 key.</param>
    /// <param name="key">A key of the bucket that is stored.</param>
    /// <param name="makeRow">Makes a row of that key, each time with another number.</param>
    public OutageProbe(GridTable table, long key, Func<int, RecordBatch> makeRow)
    {
        _table = table;
        _key = key;
        _makeRow = makeRow;
        _writing = Task.Run(WriteAsync);
        _looking = Task.Run(LookupAsync);
    }

    /// <summary>The moments of the first acknowledged write and the first answered lookup among calls that begin from now on.</summary>
    public async Task<(long Write, long Lookup)> NextAnswersAsync()
    {
        _write = New();
        _lookup = New();
        Volatile.Write(ref _since, Stopwatch.GetTimestamp());
        return (await _write.Task, await _lookup.Task);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writing, _looking);
        _stop.Dispose();
    }

    private static TaskCompletionSource<long> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WriteAsync()
    {
        for (var seed = 1; !_stop.IsCancellationRequested; seed++)
        {
            var batch = _makeRow(seed);
            await CallAsync(() => _table.UpsertAsync(batch), () => _write);
        }
    }

    private async Task LookupAsync()
    {
        while (!_stop.IsCancellationRequested)
            await CallAsync(() => _table.LookupAsync([_key]), () => _lookup);
    }

    private async Task CallAsync(Func<Task> call, Func<TaskCompletionSource<long>> whoWaits)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await call();
        }
        catch (GridException refusal) when (refusal.IsTransient)
        {
            return; // the client has given up; the next call goes on
        }

        if (began >= Volatile.Read(ref _since))
            whoWaits().TrySetResult(Stopwatch.GetTimestamp());
    }
}
