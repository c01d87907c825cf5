using Grid.Abstractions;
using Grid.Client.Connecting.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Orleans.Runtime;
using Orleans.Serialization;

namespace Grid.Client.Connecting;

/// <summary>An Orleans client that a <see cref="GridClient"/> made and owns.</summary>
internal sealed class OrleansConnection : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private OrleansConnection(ServiceProvider services) => _services = services;

    public IGrainFactory Grains => _services.GetRequiredService<IClusterClient>();

    /// <summary>Tells when the connection breaks.</summary>
    public ConnectionLoss Loss => _services.GetRequiredService<ConnectionLoss>();

    /// <summary>How data ports are called.</summary>
    public DataPortClientOptions DataPort => DataPortOf(_services);

    /// <summary>
    /// Connects within the time given. Orleans itself goes on trying for minutes, whatever its token says: so the wait ends here. A start given up needs both to end, the token
    /// and the stop.
    /// </summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>, <see cref="GridErrorCode.Timeout"/>.</exception>
    public static async Task<OrleansConnection> OpenAsync(string endpoint, GridClientOptions options, CancellationToken cancellationToken)
    {
        GridEndpoints.Resolve(endpoint); // a wrong endpoint is refused here, not in a background task
        var services = new ServiceCollection();
        services.AddSingleton<IHostApplicationLifetime, NoLifetime>();
        services.AddLogging();
        services.AddOrleansClient(client => Configure(client, endpoint, options.Tls));
        var connection = new OrleansConnection(services.BuildServiceProvider());
        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var start = connection.StartAsync(givenUp.Token);
        CertificateSource? certificates = null;
        try
        {
            certificates = connection._services.GetService<CertificateSource>();
            await start.WaitAsync(options.ConnectTimeout, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception failure)
        {
            await givenUp.CancelAsync().ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            await start.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (failure is OperationCanceledException && cancellationToken.IsCancellationRequested)
                throw;
            throw ConnectFailure.Translate(failure, endpoint, options.ConnectTimeout, certificates);
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var hosted in _services.GetServices<IHostedService>())
            await hosted.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What every Orleans client of a Grid needs.</summary>
    public static void Configure(IClientBuilder client, string endpoint, GridTlsOptions? tls)
    {
        client.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = GridCluster.ClusterId;
            cluster.ServiceId = GridCluster.ServiceId;
        });
        client.Services.AddSingleton<ConnectionLoss>();
        client.AddClusterConnectionLostHandler(services => (_, _) => services.GetRequiredService<ConnectionLoss>().Lost());
        // Once, so that the names that certificates must carry are those of the addresses that are called.
        var told = GridEndpoints.Resolve(endpoint);
        var names = new GatewayNames(told);
        client.Services.AddSingleton(names);
        client.Services.AddSingleton(new ClusterGateways([.. told.Select(gateway => gateway.Gateway)]));
        client.Services.AddSingleton<IGatewayListProvider>(services => services.GetRequiredService<ClusterGateways>());
        client.Services.AddSingleton<IHostedService, GatewayWatch>();
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = ClusterGateways.RefreshPeriod);
        client.UseConnectionRetryFilter<ConnectRetry>();
        client.Services.AddSerializer(serializer => serializer.AddAssembly(typeof(IBucketGrain).Assembly));
        if (tls is { Mode: not GridTlsMode.Off })
            UseTls(client.Services, tls, names);
    }

    private static void UseTls(IServiceCollection services, GridTlsOptions tls, GatewayNames names)
    {
        services.AddSingleton(provider => CertificateSource.Open(tls, provider.GetService<ILoggerFactory>()?.CreateLogger<CertificateSource>(), provider.GetService<TimeProvider>()));
        services.AddOptions<ClientConnectionOptions>().Configure<CertificateSource>(
            (connections, certificates) => connections.ConfigureConnection(connection => connection.CallGridTls(certificates, names.Of)));
    }

    /// <summary>How data ports are called with what <see cref="Configure"/> put into a container; plain, where there are no certificates.</summary>
    public static DataPortClientOptions DataPortOf(IServiceProvider services)
    {
        var names = services.GetService<GatewayNames>();
        return DataPortTls.Options(services.GetService<CertificateSource>(), names is null ? null : names.Of);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in _services.GetServices<IHostedService>().Reverse())
            await hosted.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _services.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>There is no host whose life could end.</summary>
    private sealed class NoLifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
