using Grid.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
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

    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>, <see cref="GridErrorCode.Timeout"/>.</exception>
    public static async Task<OrleansConnection> OpenAsync(string endpoint, CancellationToken cancellationToken)
    {
        GridEndpoints.Resolve(endpoint); // a wrong endpoint is refused here, not in a background task
        var services = new ServiceCollection();
        services.AddSingleton<IHostApplicationLifetime, NoLifetime>();
        services.AddLogging();
        services.AddOrleansClient(client => Configure(client, endpoint));
        var connection = new OrleansConnection(services.BuildServiceProvider());
        try
        {
            foreach (var hosted in connection._services.GetServices<IHostedService>())
                await hosted.StartAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception failure)
        {
            await connection._services.DisposeAsync().ConfigureAwait(false);
            if (failure is OperationCanceledException && cancellationToken.IsCancellationRequested)
                throw;
            throw new GridException(GridErrorCode.Timeout, $"No Grid answers at {endpoint} ({failure.Message}); start one with 'grid serve', or check host and port.", failure);
        }
    }

    /// <summary>What every Orleans client of a Grid needs.</summary>
    public static void Configure(IClientBuilder client, string endpoint)
    {
        client.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = GridCluster.ClusterId;
            cluster.ServiceId = GridCluster.ServiceId;
        });
        client.Services.AddSingleton<ConnectionLoss>();
        client.AddClusterConnectionLostHandler(services => (_, _) => services.GetRequiredService<ConnectionLoss>().Lost());
        client.UseStaticClustering(gateways => gateways.Configure(o => o.Gateways = GridEndpoints.Resolve(endpoint)));
        client.Services.AddSerializer(serializer => serializer.AddAssembly(typeof(IBucketGrain).Assembly));
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
