using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Cluster.Tests.Failover;

/// <summary>A row of a partitioned table: of its writer's rows so many in a row go to one partition, then come those of the next.</summary>
public sealed record SlotEvent([property: PartitionBy] string Slot, long Writer, long Number);

/// <summary>Writers that make partitions by writing to them, a stream that follows the table, and all that was acknowledged and seen.</summary>
internal sealed class PartitionTraffic : IAsyncDisposable
{
    private const int Writers = 4;
    private const int RowsOfSlot = 30;
    private readonly GridTable<SlotEvent> _table;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopStream = new();
    private readonly ConcurrentDictionary<long, long> _acknowledged = new();
    private readonly ConcurrentDictionary<(long Writer, long Number), int> _seen = new();
    private readonly ConcurrentQueue<string> _refusals = new();
    private readonly Task[] _writers;
    private readonly Task _stream;
    private long _count;

    public PartitionTraffic(GridTable<SlotEvent> table)
    {
        _table = table;
        _stream = Task.Run(FollowAsync);
        _writers = [.. Enumerable.Range(1, Writers).Select(writer => Task.Run(() => AppendAsync(writer)))];
    }

    /// <summary>Waits for that many more acknowledgements.</summary>
    public async Task FlowAsync(int count)
    {
        var until = Volatile.Read(ref _count) + count;
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Volatile.Read(ref _count) < until && await timer.WaitForNextTickAsync())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(90))
                throw new InvalidOperationException($"No traffic: {_count} of {until} acknowledgements. Refused: {string.Join("; ", _refusals.Distinct())}");
            foreach (var task in _writers.Append(_stream))
                if (task.IsCompleted)
                    await task;
        }
    }

    /// <summary>Stops, and checks that everything acknowledged is there, once, in order within its partition, and that the stream saw each row once.</summary>
    public async Task StopAndVerifyAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_writers);
        var stored = new Dictionary<(long Writer, long Number), int>();
        await foreach (var row in _table.ScanAsync())
            stored[(row.Writer, row.Number)] = stored.GetValueOrDefault((row.Writer, row.Number)) + 1;
        foreach (var (writer, last) in _acknowledged)
            for (var number = 0L; number <= last; number++)
                Assert.True(stored.GetValueOrDefault((writer, number)) == 1, $"writer {writer}'s row {number} of {last} is there {stored.GetValueOrDefault((writer, number))} times. Refused: {string.Join("; ", _refusals.Distinct())}");
        Assert.All(stored, row => Assert.Equal(1, row.Value));

        // The stream has them all within its look for new partitions; then it has each once.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var watch = Stopwatch.StartNew(); _seen.Count < stored.Count && await timer.WaitForNextTickAsync();)
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"The stream saw {_seen.Count} of {stored.Count} rows.");
        await _stopStream.CancelAsync();
        await _stream.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.Equal(stored.Keys.Order(), _seen.Keys.Order());
        Assert.All(_seen, row => Assert.Equal(1, row.Value));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _stopStream.CancelAsync();
        await Task.WhenAll([.. _writers, _stream]).WaitAsync(TimeSpan.FromSeconds(70)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _stopStream.Dispose();
    }

    private async Task AppendAsync(long writer)
    {
        for (var number = 0L; !_stop.IsCancellationRequested; number++)
        {
            var row = new SlotEvent((number / RowsOfSlot).ToString("D5", CultureInfo.InvariantCulture), writer, number);
            try
            {
                await _table.AppendAsync(row);
            }
            catch (GridException refusal)
            {
                // Sent again: what is missing below an acknowledged one would be a hole.
                _refusals.Enqueue($"{refusal.Code}: {refusal.Message}");
                number--;
                continue;
            }

            _acknowledged[writer] = number;
            Interlocked.Increment(ref _count);
        }
    }

    private async Task FollowAsync()
    {
        await foreach (var change in _table.ChangesAsync(cancellationToken: _stopStream.Token))
            _seen.AddOrUpdate((change.Row.Writer, change.Row.Number), 1, static (_, count) => count + 1);
    }
}
