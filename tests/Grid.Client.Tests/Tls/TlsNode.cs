using System.Net;
using System.Net.Sockets;
using Grid.Grains;
using Grid.Grains.DataPort;
using Grid.Silo;
using Grid.Storage.DataPort;
using Grid.Storage.Objects;
using Grid.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;

namespace Grid.Client.Tests.Tls;

/// <summary>A silo in this process with ports of its own, its data port included; the first one knows who belongs to the cluster, and all share an object store.</summary>
internal sealed class TlsNode : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly IPEndPoint _silo;

    private TlsNode(IHost host, IPEndPoint silo, string endpoint)
    {
        _host = host;
        _silo = silo;
        Endpoint = endpoint;
    }

    /// <summary>The gateway.</summary>
    public string Endpoint { get; }

    public IServiceProvider Services => _host.Services;

    public DataPortServer DataPort => Services.GetRequiredService<DataPortHost>().Server!;

    public CertificateSource Certificates => Services.GetRequiredService<SiloCertificates>().Source!;

    public static async Task<TlsNode> StartAsync(TlsFixture tls, string name, GridTlsOptions? options, TlsNode? first = null, CancellationToken cancellationToken = default)
    {
        var (silo, gateway) = (FreePorts.Take(), FreePorts.Take());
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(tls.Log);
        builder.Services.AddSingleton<IObjectStore>(new DirectoryObjectStore(tls.Path("objects")));
        builder.UseOrleans(orleans => orleans.UseLocalhostClustering(silo, gateway, first?._silo).AddGrid(grid =>
        {
            grid.DataDirectory = tls.Path(name);
            grid.Node = name;
            grid.DataPort = GridNodeOptions.AnyDataPort;
            grid.Tls = options;
        }));
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            return new TlsNode(host, new IPEndPoint(IPAddress.Loopback, silo), $"127.0.0.1:{gateway}");
        }
        catch (Exception)
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
