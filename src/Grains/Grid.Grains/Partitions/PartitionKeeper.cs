using System.Collections.Concurrent;
using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage.Catalog;
using Grid.Storage.Objects;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Partitions;

/// <summary>
/// Sees to it that automatic partitions are made before their time comes and dropped when it is over, and that drops that were begun are finished, also while nobody uses the table. One node does it for the
/// cluster, the first by name; where two take themselves for it, the tables' grains are told twice. A table is asked again when its list has changed, when something is due, and once in a while, since its
/// options may have changed.
/// </summary>
internal sealed partial class PartitionKeeper(CatalogStore catalog, INodeDirectory nodes, IGrainFactory grains, GridNodeOptions options, TimeProvider time, ILogger<PartitionKeeper> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private const int CallsAtOnce = 16;
    private const int AskAgainChecks = 6;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TableId, Seen> _seen = new();
    private readonly ILogger<PartitionKeeper> _logger = logger;
    private Task _loop = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(PartitionKeeper), ServiceLifecycleStage.Active, StartAsync, StopAsync);

    public void Dispose() => _stop.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _loop = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loop;
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (nodes.Nodes is [var first, ..] && first.Name == nodes.Local)
                    await CheckAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
            catch (Exception failure) when (failure is GridException or IOException or UnauthorizedAccessException)
            {
                LogNotListed(failure);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(options.PartitionCheckMs), time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CheckAsync()
    {
        var tables = await catalog.Partitions.ListTablesAsync(_stop.Token).ConfigureAwait(false);
        var present = tables.Select(table => table.Table).ToHashSet();
        foreach (var gone in _seen.Keys.Where(table => !present.Contains(table)))
            _seen.TryRemove(gone, out _);
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var due = tables.Where(table => !_seen.TryGetValue(table.Table, out var seen) || seen.Tag != table.Tag || nowMs >= seen.DueMs);
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = _stop.Token },
            async (table, _) => await KeepAsync(table.Table, table.Tag, nowMs).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task KeepAsync(TableId table, ObjectTag tag, long nowMs)
    {
        try
        {
            var dueMs = await grains.GetGrain<IPartitionControlGrain>(table.Value).KeepAsync().WaitAsync(_stop.Token).ConfigureAwait(false); // a silo that stops does not wait for an answer
            _seen[table] = new Seen(tag, Math.Min(dueMs, nowMs + ((long)AskAgainChecks * options.PartitionCheckMs)));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.TableDropped)
        {
            // Its list is about to go too.
        }
        catch (Exception failure) when (failure is GridException or TimeoutException or OrleansException)
        {
            LogNotKept(failure, table);
        }
    }

    [LoggerMessage(2811, LogLevel.Warning, "The tables that have partitions could not be listed; it will be tried again.")]
    private partial void LogNotListed(Exception failure);

    [LoggerMessage(2812, LogLevel.Warning, "The partitions of table {Table} could not be looked after; it will be tried again.")]
    private partial void LogNotKept(Exception failure, TableId table);

    /// <summary>What was looked at: while it is the same and nothing is due, nothing has to be done.</summary>
    private readonly record struct Seen(ObjectTag Tag, long DueMs);
}
