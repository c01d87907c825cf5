using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Grid.Abstractions;
using Grid.Client;
using Grid.Grains;
using Microsoft.Extensions.Configuration;

namespace Grid.Silo.Serving;

/// <summary>Where a served node listens; in the same configuration section as <see cref="GridSiloOptions"/>.</summary>
internal sealed class ServeOptions
{
    public const int SiloPortDefault = 11111;
    public const string UrlsDefault = "http://127.0.0.1:8080";

    /// <summary>The address that the silo and its gateway listen on.</summary>
    public string Listen { get; set; } = "127.0.0.1";

    /// <summary>The address by which others reach this node; needed where <see cref="Listen"/> is any address and the machine has several.</summary>
    public string? Advertise { get; set; }

    /// <summary>The port between silos.</summary>
    public int SiloPort { get; set; } = SiloPortDefault;

    /// <summary>The port for clients.</summary>
    public int GatewayPort { get; set; } = GridCluster.GatewayPort;

    /// <summary>The port for bulk reads: a number, -1 for any that is free, 0 for none.</summary>
    public int DataPort { get; set; } = GridNodeOptions.AnyDataPort;

    /// <summary>HTTP: health, and the Iceberg catalog.</summary>
    public string Urls { get; set; } = UrlsDefault;

    /// <summary>Whether HTTP has an Iceberg REST catalog of the lake tables. Unset: where connections are plain. With <see cref="Tls"/> it has to be asked for, because HTTP knows no callers: whoever reaches it could read the names
    /// and schemas of tables.</summary>
    public bool? Iceberg { get; set; }

    /// <summary>TLS of the ports for clients and between nodes.</summary>
    public GridTlsOptions? Tls { get; set; }

    /// <summary>Whether it has.</summary>
    public bool HasIceberg => Iceberg ?? Tls is null or { Mode: GridTlsMode.Off };

    public IPAddress ListenAddress => IPAddress.Parse(Listen);

    /// <summary>The address that clients and other nodes are told.</summary>
    public IPAddress AdvertiseAddress => Advertise is not null ? IPAddress.Parse(Advertise)
        : IsAny(ListenAddress) ? FirstOwnAddress(ListenAddress.AddressFamily) ?? IPAddress.Loopback
        : ListenAddress;

    public static ServeOptions Read(IConfiguration configuration)
    {
        try
        {
            var options = new ServeOptions();
            configuration.GetSection(GridSiloOptions.Section).Bind(options);
            options.Validate();
            return options;
        }
        catch (InvalidOperationException e)
        {
            throw StartFailure.Translate(e);
        }
    }

    private void Validate()
    {
        RequirePort("Grid:SiloPort (--silo-port)", SiloPort);
        RequirePort("Grid:GatewayPort (--gateway-port)", GatewayPort);
        if (SiloPort == GatewayPort)
            throw Refuse($"Grid:SiloPort and Grid:GatewayPort are both {SiloPort}; silos and clients need a port each.");
        if (!IPAddress.TryParse(Listen, out _))
            throw Refuse($"Grid:Listen (--listen) is '{Listen}'; write an IP address of this machine: 127.0.0.1 for this machine only, 0.0.0.0 for all its networks.");
        if (Advertise is not null && (!IPAddress.TryParse(Advertise, out var advertised) || IsAny(advertised)))
            throw Refuse($"Grid:Advertise (--advertise) is '{Advertise}'; write the IP address by which clients reach this machine.");
        foreach (var url in Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            if (!Uri.TryCreate(url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri)
                || uri.Scheme is not ("http" or "https"))
                throw Refuse($"Grid:Urls (--urls) has '{url}'; write addresses such as {UrlsDefault}, several joined by ';'.");
    }

    private static void RequirePort(string setting, int port)
    {
        if (port is < 1 or > 65535)
            throw Refuse($"{setting} is {port}; legal is 1 to 65535.");
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static IPAddress? FirstOwnAddress(AddressFamily family) =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address)
            .FirstOrDefault(address => address.AddressFamily == family && !address.IsIPv6LinkLocal);

    private static GridException Refuse(string message) => new(GridErrorCode.InvalidArgument, message);
}
