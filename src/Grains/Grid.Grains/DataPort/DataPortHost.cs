using System.Globalization;
using System.Net;
using Grid.Grains.Nodes;
using Grid.Storage.DataPort;

namespace Grid.Grains.DataPort;

/// <summary>The node's data port, for as long as the silo runs; off, it opens nothing. It closes before the silo deactivates its grains, so that no stream reads from a bucket that closes.</summary>
public sealed class DataPortHost : ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    private readonly GridNodeOptions _options;
    private readonly LocalNode _node;
    private readonly TimeProvider _time;
    private DataPortServer? _server;

    /// <summary>Made by the container.</summary>
    public DataPortHost(GridNodeOptions options, LocalNode node, TimeProvider time)
    {
        _options = options;
        _node = node;
        _time = time;
    }

    /// <summary>The port; null: off, not started or stopped.</summary>
    public DataPortServer? Server => Volatile.Read(ref _server);

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        // Open before the first grain is called, closed before the last one is told to go.
        observer.Subscribe(nameof(DataPortHost), ServiceLifecycleStage.RuntimeInitialize, _ => StartAsync(), _ => StopAsync());
        observer.Subscribe(nameof(DataPortHost), ServiceLifecycleStage.Active, _ => Task.CompletedTask, _ => StopAsync());
    }

    /// <summary>Closes the port, if the silo did not.</summary>
    public async ValueTask DisposeAsync() => await StopAsync();

    private Task StartAsync()
    {
        if (_options.DataPort == GridNodeOptions.NoDataPort)
            return Task.CompletedTask;
        var port = _options.DataPort == GridNodeOptions.AnyDataPort ? 0 : _options.DataPort;
        var host = _options.DataPortHost ?? _options.DataPortListen.ToString();
        var server = new DataPortServer(
            new DataPortServerOptions
            {
                Listen = new IPEndPoint(_options.DataPortListen, port),
                Host = host,
                ConnectionsMax = _options.DataPortConnectionsMax,
                Wrap = _options.DataPortWrap,
            },
            _time);
        Volatile.Write(ref _server, server);
        _node.DataPort = string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{server.EndPoint.Port}");
        return Task.CompletedTask;
    }

    private async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server)
            return;
        _node.DataPort = null;
        await server.DisposeAsync();
    }
}
