using System.Net;
using Grid.Abstractions;
using Grid.Client.Connecting.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grid.Client;

/// <summary>TLS in Orleans' connections. <c>AddGrid</c> and <c>AddGridClient</c> do it by themselves; a host that builds its own silo or client calls these.</summary>
public static class TlsConnections
{
    /// <summary>Requires TLS of whoever connects: for <c>ConfigureSiloInboundConnection</c> and <c>ConfigureGatewayInboundConnection</c>.</summary>
    /// <param name="connection">The connection being built.</param>
    /// <param name="certificates">Our certificate and the CAs we trust.</param>
    /// <param name="caller">Who connects there.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: we have no certificate.</exception>
    public static IConnectionBuilder AcceptGridTls(this IConnectionBuilder connection, CertificateSource certificates, TlsCaller caller)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(certificates);
        var middleware = new TlsMiddleware(certificates.ForCallers(), LoggerOf(connection));
        return connection.Use(next => context => middleware.AcceptAsync(context, next, caller));
    }

    /// <summary>Speaks TLS to nodes: for <c>ConfigureSiloOutboundConnection</c> and a client's <c>ConfigureConnection</c>.</summary>
    /// <param name="connection">The connection being built.</param>
    /// <param name="certificates">The CAs we trust and our certificate.</param>
    public static IConnectionBuilder CallGridTls(this IConnectionBuilder connection, CertificateSource certificates) => connection.CallGridTls(certificates, HostOf);

    internal static IConnectionBuilder CallGridTls(this IConnectionBuilder connection, CertificateSource certificates, Func<EndPoint?, string> hostOf)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(certificates);
        var middleware = new TlsMiddleware(certificates, LoggerOf(connection));
        return connection.Use(next => context => middleware.CallAsync(context, next, hostOf));
    }

    /// <summary>The address as certificates name it.</summary>
    internal static string HostOf(EndPoint? remote) => remote is IPEndPoint { Address: var address } ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : "";

    private static ILogger LoggerOf(IConnectionBuilder connection) =>
        connection.ApplicationServices.GetService<ILoggerFactory>()?.CreateLogger("Grid.Client.Tls") ?? NullLogger.Instance;
}
