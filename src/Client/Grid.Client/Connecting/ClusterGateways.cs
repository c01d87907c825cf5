using Orleans.Messaging;

namespace Grid.Client.Connecting;

/// <summary>
/// The gateways a client may use: those it was told of, and those the cluster has. A gateway that the cluster once named and names no more is left out, also where the client was told
/// of it: its silo may hang with its connection open, and calls through it would only time out. Where nobody answers any more, those that it was told of are tried again: one may have come back since the cluster
/// was asked last. Thread safe.
/// </summary>
internal sealed class ClusterGateways(IList<Uri> told) : IGatewayListProvider
{
    /// <summary>How often the list is read by Orleans, and asked of the cluster.</summary>
    public static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(1);

    /// <summary>How often in a row nobody answered before those count that the cluster named no more.</summary>
    public const int MissesMax = 3;

    private readonly Lock _lock = new();
    private readonly HashSet<Uri> _named = [];
    private HashSet<Uri> _present = [];
    private int _misses;

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
            List<Uri> gateways = [.. _present, .. told.Where(gateway => !_named.Contains(gateway) || (_misses >= MissesMax && !_present.Contains(gateway)))];
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
            _misses = 0;
        }
    }

    /// <summary>Nobody answered.</summary>
    public void Miss()
    {
        lock (_lock)
            _misses++;
    }
}
