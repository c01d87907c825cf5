using System.Net;

namespace Grid.Client.Connecting;

/// <summary>
/// What the certificate of a node must carry: the host as the client was told it, where it was told the node's address at all; for a node that the cluster told of, its address.
/// </summary>
internal sealed class GatewayNames(IReadOnlyList<GridEndpoint> told)
{
    /// <summary>The name for a connection's remote end.</summary>
    public string Of(EndPoint? remote) => Of(TlsConnections.HostOf(remote));

    /// <summary>The name for a host as a node tells it, an address or a name.</summary>
    public string Of(string host) => told.FirstOrDefault(gateway => TlsConnections.HostOf(gateway.Address) == host)?.Host ?? host;
}
