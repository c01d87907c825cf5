using System.Collections.Concurrent;
using System.Diagnostics;
using Grid.Abstractions;

namespace Grid.Cluster.Tests.Failover;

/// <summary>Writers and readers that never stop, and all that was acknowledged to them.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    private const int Writers = 4;
    private const int Keys = 40;
    private readonly ReplicatedNodes _nodes;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _tasks = [];
    private readonly ConcurrentDictionary<long, long> _events = new();
    private readonly ConcurrentDictionary<long, long> _balances = new();
    private readonly ConcurrentQueue<(long At, bool IsWrite)> _acknowledgements = new();
    private readonly ConcurrentDictionary<GridErrorCode, int> _refusals = new();

    public Traffic(ReplicatedNodes nodes)
    {
        _nodes = nodes;
        for (var writer = 1; writer <= Writers; writer++)
        {
            var id = writer;
            _tasks.Add(Task.Run(() => AppendAsync(id)));
        }

        for (var client = 0; client < 2; client++)
        {
            var id = client;
            _tasks.Add(Task.Run(() => UpsertAsync(id)));
            _tasks.Add(Task.Run(() => LookupAsync(id)));
        }
    }

    public long Acknowledged => _acknowledgements.Count;

    /// <summary>Refusals that reached a caller although the client retries, by code.</summary>
    public IReadOnlyDictionary<GridErrorCode, int> Refusals => _refusals;

    /// <summary>Waits for that many more acknowledgements.</summary>
    public async Task FlowAsync(int count)
    {
        var until = _acknowledgements.Count + count;
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (_acknowledgements.Count < until && await timer.WaitForNextTickAsync())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(60))
                throw new InvalidOperationException($"No traffic: {_acknowledgements.Count} of {until} acknowledgements. Refused: {string.Join(", ", _refusals)}\n{_nodes.Output}");
            foreach (var task in _tasks)
                if (task.IsCompleted)
                    await task;
        }
    }

    /// <summary>The longest time without an acknowledged write, and without a lookup's answer, since a moment.</summary>
    public (TimeSpan Writes, TimeSpan Lookups) LongestPauses(long since) => (LongestPause(since, true), LongestPause(since, false));

    /// <summary>Stops, and checks that everything acknowledged is there, once and in order.</summary>
    public async Task StopAndVerifyAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_tasks);
        var seen = new Dictionary<long, List<long>>();
        await foreach (var row in _nodes.Events.ScanAsync())
        {
            if (!seen.TryGetValue(row.Writer, out var numbers))
                seen[row.Writer] = numbers = [];
            numbers.Add(row.Number);
        }

        foreach (var (writer, last) in _events)
        {
            var numbers = seen.GetValueOrDefault(writer) ?? [];
            Assert.Equal(numbers.Count, numbers.Distinct().Count());
            Assert.Empty(Enumerable.Range(0, (int)last + 1).Select(number => (long)number).Except(numbers));
            Assert.True(numbers.Max() <= last + 1, $"writer {writer} has {numbers.Max()}, acknowledged is {last}");
        }

        foreach (var (key, balance) in _balances)
        {
            var row = await _nodes.Accounts.LookupAsync(key);
            Assert.NotNull(row);
            Assert.True(row.Balance >= balance, $"key {key} has {row.Balance}, acknowledged is {balance}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_tasks).WaitAsync(TimeSpan.FromSeconds(70)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AppendAsync(int writer)
    {
        for (var number = 0L; !_stop.IsCancellationRequested; number++)
        {
            // A row that is refused is sent again by its writer: what is missing below an acknowledged one would be a hole.
            while (!await TryAsync(() => _nodes.Events.AppendAsync(new Event(writer, number, "event")), isWrite: true))
                if (_stop.IsCancellationRequested)
                    return;
            _events[writer] = number;
        }
    }

    private async Task UpsertAsync(int client)
    {
        for (var i = 1L; !_stop.IsCancellationRequested; i++)
        {
            var key = (client * Keys) + (i % Keys);
            if (await TryAsync(() => _nodes.Accounts.UpsertAsync(new Account(key, i, "owner")), isWrite: true))
                _balances[key] = i;
        }
    }

    private async Task LookupAsync(int client)
    {
        for (var i = 0L; !_stop.IsCancellationRequested; i++)
        {
            var key = (client * Keys) + (i % Keys);
            var floor = _balances.GetValueOrDefault(key);
            Account? row = null;
            if (await TryAsync(async () => row = await _nodes.Accounts.LookupAsync(key), isWrite: false) && (row?.Balance ?? 0) < floor)
                throw new InvalidOperationException($"A lookup of key {key} saw {row?.Balance}, acknowledged before it was {floor}.");
        }
    }

    private async Task<bool> TryAsync(Func<Task> call, bool isWrite)
    {
        try
        {
            await call();
            _acknowledgements.Enqueue((Stopwatch.GetTimestamp(), isWrite));
            return true;
        }
        catch (GridException refusal)
        {
            _refusals.AddOrUpdate(refusal.Code, 1, (_, count) => count + 1);
            return false;
        }
    }

    private TimeSpan LongestPause(long since, bool isWrite)
    {
        var longest = TimeSpan.Zero;
        var last = since;
        foreach (var (at, _) in _acknowledgements.Where(one => one.IsWrite == isWrite && one.At >= since))
        {
            var pause = Stopwatch.GetElapsedTime(last, at);
            longest = pause > longest ? pause : longest;
            last = at;
        }

        return longest;
    }
}
