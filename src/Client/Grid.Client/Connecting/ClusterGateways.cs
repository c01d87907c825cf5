using Orleans.Messaging;

namespace Grid.Client.Connecting;

/// <summary>
/// The gateways a client may use: those it was told of, and those the cluster has. A gateway that the cluster once named and names no more is left out, also where the client was told
/// of it: its silo may hang with its connection open, and calls through it would only time out. Thread safe.
/// </summary>
internal sealed class ClusterGateways(IList<Uri> told) : IGatewayListProvider
{
    /// <summary>How often the list is read by Orleans, and asked of the cluster.</summary>
    public static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<Uri> _named = [];
    private HashSet<Uri> _present = [];

    /// <inheritdoc/>
    public TimeSpan MaxStaleness => RefreshPeriod;

    /// <inheritdoc/>
    public bool IsUpdatable => true;

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<IList<Uri>> GetGateways()
    {
        lock (_lock)
        {
            List<Uri> gateways = [.. _present, .. told.Where(gateway => !_named.Contains(gateway))];
            return Task.FromResult<IList<Uri>>(gateways.Count > 0 ? gateways : told);
        }
    }

    /// <summary>Takes what the cluster says.</summary>
    public void Learn(IEnumerable<Uri> present)
    {
        lock (_lock)
        {
            _present = [.. present];
            _named.UnionWith(_present);
        }
    }
}
