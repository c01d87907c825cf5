using Grid.Abstractions;
using Grid.Client.Retrying;

namespace Grid.Client.Connecting;

/// <summary>What every part of a client shares: the grains, the options, the clock, the retries.</summary>
internal sealed class GridConnection(IGrainFactory grains, GridClientOptions options, TimeProvider time)
{
    public GridClientOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public Retry Retry { get; } = new(options, time);

    public ICatalogGrain Catalog => grains.GetGrain<ICatalogGrain>(0);

    public ITableGrain Table(TableId id) => grains.GetGrain<ITableGrain>(id.Value);

    public IBucketGrain Bucket(BucketId id) => grains.GetGrain<IBucketGrain>(id.ToString());
}
