using System.Net;

namespace Grid.Client.Connecting;

/// <summary>One address of a gateway.</summary>
/// <param name="Host">The host as it was written: a name or an address. A certificate must carry it.</param>
/// <param name="Address">Where it is.</param>
internal sealed record GridEndpoint(string Host, IPEndPoint Address)
{
    /// <summary>As Orleans writes gateways.</summary>
    public Uri Gateway => new($"gwy.tcp://{Address}/0");
}
