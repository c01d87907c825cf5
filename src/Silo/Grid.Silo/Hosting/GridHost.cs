using Grid.Abstractions;
using Grid.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Grid.Silo;

/// <summary>
/// Grid inside a process, on a directory: a silo that opens no ports. The same <see cref="GridSiloBuilderExtensions.AddGrid(ISiloBuilder, Action{GridSiloOptions})"/>
/// as in a server makes it. Dispose it to flush and close; a process that dies without loses nothing that was acknowledged.
/// </summary>
public sealed class GridHost : IAsyncDisposable
{
    // Names the silo to itself; nothing is bound to it.
    private const int NamePort = 11111;

    private readonly IHost _host;

    private GridHost(IHost host) => _host = host;

    /// <summary>The client of this host: in-process calls, no network. Disposing the host closes it.</summary>
    public GridClient Client => _host.Services.GetRequiredService<GridClient>();

    /// <summary>The services of the silo.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Opens the directory and starts.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.DirectoryInUse"/>: another process has it; <see cref="GridErrorCode.InvalidArgument"/>: an option
    /// is outside its range.</exception>
    public static async Task<GridHost> StartAsync(GridHostOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        // An empty builder: no configuration files, no environment, no console, no signal handlers of the process it is a guest in.
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, GuestLifetime>();
        options.ConfigureLogging?.Invoke(builder.Logging);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(NamePort, gatewayPort: 0);
            silo.AddGrid(grid =>
            {
                grid.DataDirectory = options.DataDirectory;
                options.Configure?.Invoke(grid);
            });
            options.ConfigureSilo?.Invoke(silo);
            ClosedTransport.Use(silo.Services);
        });

        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return new GridHost(host);
        }
        catch (Exception e)
        {
            // Whatever did start stops again; what that says is of no use beside the reason for it.
            await host.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await DisposeAsync(host).ConfigureAwait(false);
            throw StartFailure.Translate(e, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync().ConfigureAwait(false);
        await DisposeAsync(_host).ConfigureAwait(false);
    }

    private static async ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync().ConfigureAwait(false);
        else
            host.Dispose();
    }
}
