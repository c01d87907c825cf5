using Grid.Storage.Objects;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Messaging;
using Orleans.Runtime;

namespace Grid.Silo.Clustering;

/// <summary>For clients that can reach the object store: the gateways of the silos that are active in the membership table.</summary>
public sealed class ObjectStoreGatewayListProvider : IGatewayListProvider
{
    private readonly IObjectStore _store;
    private readonly string _clusterId;
    private readonly string _name;

    /// <summary>Makes the list of a cluster; nothing is read yet.</summary>
    public ObjectStoreGatewayListProvider(IObjectStore store, IOptions<ClusterOptions> cluster, IOptions<GatewayOptions> gateway)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(gateway);
        _store = store;
        _clusterId = cluster.Value.ClusterId;
        _name = ClusterNames.Members(_clusterId);
        MaxStaleness = gateway.Value.GatewayListRefreshPeriod;
    }

    /// <inheritdoc/>
    public TimeSpan MaxStaleness { get; }

    /// <inheritdoc/>
    public bool IsUpdatable => true;

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<IList<Uri>> GetGateways() => GetGatewaysAsync(CancellationToken.None);

    /// <inheritdoc/>
    public async Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken)
    {
        var table = await MembershipTableObject.ReadAsync(_store, _name, _clusterId, cancellationToken).ConfigureAwait(false);
        return [.. table.Document.Rows.Where(row => row is { Status: SiloStatus.Active, ProxyPort: > 0 }).Select(ToGateway)];
    }

    private Uri ToGateway(MembershipRow row)
    {
        var silo = MembershipRows.ParseSilo(_name, row.Silo);
        return SiloAddress.New(silo.Endpoint.Address, row.ProxyPort, silo.Generation).ToGatewayUri();
    }
}
