using System.Collections.Concurrent;
using Grid.Abstractions;
using Grid.Client.Retrying;
using Grid.Client.Writing;

namespace Grid.Client.Connecting;

/// <summary>What every part of a client shares: the grains, the options, the clock, the retries.</summary>
internal sealed class GridConnection(IGrainFactory grains, GridClientOptions options, TimeProvider time, ConnectionLoss loss)
{
    private readonly ConcurrentDictionary<TableWriter, bool> _writers = new();

    public GridClientOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public Retry Retry { get; } = new(options, time, loss);

    /// <summary>How data ports are called; TLS is set here.</summary>
    public DataPortClientOptions DataPort { get; init; } = new();

    public DataPortRoutes Routes { get; } = new(time);

    public ConnectionLoss Loss { get; } = loss;

    public ICatalogGrain Catalog => grains.GetGrain<ICatalogGrain>(0);

    public ILakeGrain Lake(TableId table) => grains.GetGrain<ILakeGrain>(table.Value);

    public IClusterGrain Cluster => grains.GetGrain<IClusterGrain>(0);

    public ITableGrain Table(TableId id) => grains.GetGrain<ITableGrain>(id.Value);

    public IPartitionsGrain Partitions(TableId id) => grains.GetGrain<IPartitionsGrain>(id.Value);

    public IBucketGrain Bucket(BucketId id) => grains.GetGrain<IBucketGrain>(id.ToString());

    public IFollowerGrain Follower(BucketId id, NodeName node) => grains.GetGrain<IFollowerGrain>(id.AtNode(node));

    /// <summary>Takes note of a writer, so that closing the client flushes it.</summary>
    public void Opened(TableWriter writer) => _writers.TryAdd(writer, true);

    public void Closed(TableWriter writer) => _writers.TryRemove(writer, out _);

    /// <summary>Flushes and closes every writer that is open.</summary>
    public async Task CloseAsync()
    {
        foreach (var writer in _writers.Keys)
            await writer.DisposeAsync().ConfigureAwait(false);
    }
}
