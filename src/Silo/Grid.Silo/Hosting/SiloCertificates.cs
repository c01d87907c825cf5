using System.Net.Sockets;
using System.Security.Authentication;
using Grid.Abstractions;
using Grid.Client;
using Grid.Client.Connecting.Tls;
using Grid.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Grid.Silo;

/// <summary>
/// The node's certificates, for every port it has: opened before anything listens, so that a missing file stops the start, and watched while the node lives. Off: there are none.
/// </summary>
internal sealed partial class SiloCertificates(IOptions<GridSiloOptions> options, ILogger<CertificateSource> logger, TimeProvider time) : IHostedLifecycleService, IDisposable, IAsyncDisposable
{
    private readonly Lazy<CertificateSource?> _source = new(() => options.Value.Tls is { Mode: not GridTlsMode.Off } tls ? CertificateSource.Open(tls, logger, time).ForCallers() : null);

    /// <summary>The certificates; null: connections are plain.</summary>
    public CertificateSource? Source => _source.Value;

    /// <summary>How this node calls data ports of other nodes.</summary>
    public DataPortClientOptions DataPort => DataPortTls.Options(Source);

    /// <summary>The node's options with TLS on its data port, and in its calls to those of others.</summary>
    public GridNodeOptions Protect(GridNodeOptions node) =>
        Source is not { } source ? node : node with { DataPortWrap = (stream, cancellationToken) => AcceptAsync(source, stream, cancellationToken), DataPortClientWrap = DataPort.Wrap };

    /// <summary>Adds them to a silo: other nodes on the silo port, clients on the gateway, and this node's calls to others.</summary>
    public static void Use(IServiceCollection services)
    {
        services.AddSingleton<SiloCertificates>();
        services.AddHostedService(provider => provider.GetRequiredService<SiloCertificates>());
        services.AddOptions<SiloConnectionOptions>().Configure<SiloCertificates>((connections, certificates) =>
        {
            if (certificates.Source is not { } source)
                return;
            connections.ConfigureSiloInboundConnection(connection => connection.AcceptGridTls(source, TlsCaller.Node));
            connections.ConfigureSiloOutboundConnection(connection => connection.CallGridTls(source));
            connections.ConfigureGatewayInboundConnection(connection => connection.AcceptGridTls(source, TlsCaller.Client));
        });
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _ = Source;
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // After everything that may still connect has stopped.
    public Task StoppedAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public void Dispose()
    {
        if (_source is { IsValueCreated: true, Value: { } source })
            source.Dispose();
    }

    public ValueTask DisposeAsync() => _source is { IsValueCreated: true, Value: { } source } ? source.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>Clients and nodes call alike there: who has to show a certificate is what holds for clients, and the ticket says what for.</summary>
    private async ValueTask<Stream> AcceptAsync(CertificateSource source, Stream stream, CancellationToken cancellationToken)
    {
        // Asked for first: a stream that was refused is closed.
        var remote = (stream as NetworkStream)?.Socket.RemoteEndPoint;
        try
        {
            return await TlsStreams.AuthenticateAsServerAsync(stream, source, TlsCaller.Client, cancellationToken).ConfigureAwait(false);
        }
        catch (AuthenticationException refusal)
        {
            DataPortCallerRefused(logger, remote, refusal.Message);
            throw;
        }
    }
}
