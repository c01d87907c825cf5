using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage.Catalog;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Tiering;

/// <summary>
/// Sees to it that the tiering of every table that has a lake runs somewhere, also after its silo died and while nobody uses the table. One node does it for the cluster, the first by name; where two take
/// themselves for it, the tables' grains are told twice.
/// </summary>
internal sealed partial class LakeKeeper(CatalogStore catalog, INodeDirectory nodes, IGrainFactory grains, LakeNode lake, TimeProvider time, ILogger<LakeKeeper> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private const int CallsAtOnce = 16;
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger<LakeKeeper> _logger = logger;
    private Task _loop = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(LakeKeeper), ServiceLifecycleStage.Active, StartAsync, StopAsync);

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
                    await Parallel.ForEachAsync(
                        await catalog.ListLakesAsync(_stop.Token).ConfigureAwait(false),
                        new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = _stop.Token },
                        async (table, _) => await EnsureAsync(table).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
            catch (Exception failure) when (failure is GridException or IOException or UnauthorizedAccessException)
            {
                LogNotListed(failure);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(lake.Options.CheckMs), time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task EnsureAsync(TableId table)
    {
        try
        {
            await grains.GetGrain<ILakeControlGrain>(table.Value).EnsureAsync().WaitAsync(_stop.Token).ConfigureAwait(false); // a silo that stops does not wait for an answer
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception failure) when (failure is GridException or TimeoutException or OrleansException)
        {
            LogNotEnsured(failure, table);
        }
    }

    [LoggerMessage(2711, LogLevel.Warning, "The tables that have a lake could not be listed; it will be tried again.")]
    private partial void LogNotListed(Exception failure);

    [LoggerMessage(2712, LogLevel.Warning, "The tiering of {Table} could not be looked after; it will be tried again.")]
    private partial void LogNotEnsured(Exception failure, TableId table);
}
