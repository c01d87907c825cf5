using Grid.Client;
using Grid.Client.Connecting;
using Microsoft.Extensions.Hosting;

namespace Grid.Silo;

/// <summary>
/// The silo's own client: made on first use, flushed and closed before the silo stops. Hosted services stop in the reverse order of their
/// registration, and AddGrid comes after the silo's own.
/// </summary>
internal sealed class GridClientLifetime(IGrainFactory grains, SiloCertificates certificates, TimeProvider time) : IHostedService
{
    private readonly Lazy<GridClient> _client = new(() => new GridClient(grains, owned: null, options: null, time, new ConnectionLoss(), certificates.DataPort));

    public GridClient Client => _client.Value;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) =>
        _client.IsValueCreated ? _client.Value.DisposeAsync().AsTask().WaitAsync(cancellationToken) : Task.CompletedTask;
}
