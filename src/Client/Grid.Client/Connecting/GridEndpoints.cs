using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grid.Abstractions;

namespace Grid.Client.Connecting;

/// <summary>Gateways as people write them: <c>host:port</c>, several joined by commas.</summary>
internal static class GridEndpoints
{
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: not host:port, or a host that has no address.</exception>
    public static List<GridEndpoint> Resolve(string endpoints)
    {
        var gateways = new List<GridEndpoint>();
        foreach (var text in endpoints.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = text.LastIndexOf(':');
            if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65_535)
                throw Refused(text, null);
            var host = text[..colon].Trim('[', ']');
            foreach (var address in AddressesOf(host, text))
                gateways.Add(new GridEndpoint(host, new IPEndPoint(address, port)));
        }

        return gateways.Count > 0 ? gateways : throw Refused(endpoints, null);
    }

    private static IPAddress[] AddressesOf(string host, string text)
    {
        if (IPAddress.TryParse(host, out var address))
            return [address];
        try
        {
            var addresses = Dns.GetHostAddresses(host);
            var ipv4 = Array.FindAll(addresses, a => a.AddressFamily == AddressFamily.InterNetwork);
            return ipv4.Length > 0 ? ipv4 : addresses;
        }
        catch (SocketException failure)
        {
            throw Refused(text, failure);
        }
    }

    private static GridException Refused(string text, Exception? failure)
    {
        var message = failure is null
            ? $"'{text}' does not name a gateway; write host:port, for example localhost:{GridCluster.GatewayPort}."
            : $"'{text}': the host has no address ({failure.Message}); check its name.";
        return failure is null ? new GridException(GridErrorCode.InvalidArgument, message) : new GridException(GridErrorCode.InvalidArgument, message, failure);
    }
}
