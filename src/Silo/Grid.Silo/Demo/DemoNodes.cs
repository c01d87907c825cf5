using System.Net;
using System.Net.Sockets;
using Grid.Silo.Cli;

namespace Grid.Silo.Demo;

/// <summary>The demo's cluster: a process for each node, all below one directory, on ports of this machine that are free.</summary>
internal sealed class DemoNodes : IAsyncDisposable
{
    public const int Fewest = 3;
    public const int Most = 5;
    private const int PortsOfNode = 3;

    private readonly DemoNodePlace[] _places;
    private readonly DemoNode?[] _nodes;

    private DemoNodes(DemoNodePlace[] places)
    {
        _places = places;
        _nodes = new DemoNode?[places.Length];
    }

    /// <summary>What clients connect to: all gateways.</summary>
    public string Endpoints => string.Join(',', _places.Select(place => $"127.0.0.1:{place.GatewayPort}"));

    /// <summary>The processes that run, for people.</summary>
    public string Description => string.Join(", ", _nodes.OfType<DemoNode>().Select(node => $"{node.Name} (process {node.ProcessId})"));

    public static int Check(int count) => count is >= Fewest and <= Most ? count
        : throw new UsageException($"--cluster is {count}; legal is {Fewest} (as many as copies of each bucket) to {Most}.");

    /// <summary>Starts them at the same time; returns when all serve. None is left where one fails.</summary>
    public static async Task<DemoNodes> StartAsync(string directory, int count, CancellationToken cancellationToken)
    {
        var cluster = Directory.CreateDirectory(Path.Combine(directory, "cluster")).FullName;
        var ports = FreePorts(count * PortsOfNode);
        var nodes = new DemoNodes([.. Enumerable.Range(0, count).Select(i => (Name: $"{(char)('a' + i)}", First: i * PortsOfNode))
            .Select(node => new DemoNodePlace(node.Name, Path.Combine(directory, node.Name), cluster, ports[node.First], ports[node.First + 1], ports[node.First + 2]))]);
        try
        {
            await Task.WhenAll(nodes._places.Select(place => nodes.StartAsync(place.Name, cancellationToken))).ConfigureAwait(false);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts a node that does not run, as it was.</summary>
    public async Task StartAsync(string name, CancellationToken cancellationToken)
    {
        var index = IndexOf(name);
        _nodes[index] = await DemoNode.StartAsync(_places[index], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Kills a node without warning.</summary>
    public async Task KillAsync(string name)
    {
        var index = IndexOf(name);
        if (_nodes[index] is { } node)
            await node.DisposeAsync().ConfigureAwait(false);
        _nodes[index] = null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            if (node is not null)
                await node.DisposeAsync().ConfigureAwait(false);
    }

    private int IndexOf(string name) => System.Array.FindIndex(_places, place => place.Name == name);

    // All are held until all are found, so that they differ; another process may take one in the moment before its node does, and the node then says so.
    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            foreach (var listener in listeners)
                listener.Start();
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners)
                listener.Dispose();
        }
    }
}
