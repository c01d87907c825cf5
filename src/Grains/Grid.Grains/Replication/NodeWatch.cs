using Grid.Grains.Buckets;
using Grid.Grains.Nodes;

namespace Grid.Grains.Replication;

/// <summary>Tells the buckets that lead here of nodes that came or went: a copy that is gone is not counted on, and one that lost its disk is filled again, before somebody writes next.</summary>
internal sealed class NodeWatch(INodeDirectory nodes, BucketHost host) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(NodeWatch), ServiceLifecycleStage.Active, StartAsync, StopAsync);

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _watching = Task.Run(WatchAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task WatchAsync()
    {
        await foreach (var change in nodes.WatchAsync(_stopping.Token))
            if (change.Name != nodes.Local)
                foreach (var bucket in host.ListLeaders())
                    bucket.Engine.Replica!.OnNodeChanged(change.Name);
    }
}
