using System.Net;
using Grid.Client;
using Grid.Silo.Clustering;
using Grid.Storage.Objects;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Grid.Cluster.Tests.Membership;

/// <summary>Several <c>grid serve</c> processes that share an object store.</summary>
internal sealed class ServerCluster : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-cluster-");
    private readonly List<IHost> _clients = [];

    private ServerCluster()
    {
        Store = new DirectoryObjectStore(Path.Combine(_directory.FullName, "shared"));
        Table = new ObjectStoreMembershipTable(Store, Options.Create(Names(new ClusterOptions())), NullLogger<ObjectStoreMembershipTable>.Instance);
    }

    public List<ServerProcess> Servers { get; } = [];

    /// <summary>The membership table as a further process sees it.</summary>
    public ObjectStoreMembershipTable Table { get; }

    private DirectoryObjectStore Store { get; }

    /// <summary>What all processes wrote; for messages of failed tests.</summary>
    public string Output => string.Join(Environment.NewLine, Servers.Select((server, i) => $"--- node-{i}{Environment.NewLine}{server.Output}"));

    /// <summary>Starts the processes at the same time, and returns when all are ready.</summary>
    public static async Task<ServerCluster> StartAsync(int nodes)
    {
        var cluster = new ServerCluster();
        try
        {
            var starts = Enumerable.Range(0, nodes).Select(cluster.StartNodeAsync).ToArray();
            cluster.Servers.AddRange(await Task.WhenAll(starts));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>An Orleans client that finds gateways in the object store.</summary>
    public Task<IGrainFactory> ConnectAsync() => ConnectAsync(client => client.UseObjectStoreClustering(_ => Store));

    /// <summary>An Orleans client of one node.</summary>
    public Task<IGrainFactory> ConnectAsync(ServerProcess server) =>
        ConnectAsync(client => client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, server.GatewayPort)));

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.StopAsync();
            client.Dispose();
        }

        foreach (var server in Servers)
            await server.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private async Task<IGrainFactory> ConnectAsync(Action<IClientBuilder> cluster)
    {
        var host = new HostBuilder().UseOrleansClient(client =>
        {
            cluster(client);
            client.Configure<ClusterOptions>(options => Names(options));
        }).Build();
        _clients.Add(host);
        await host.StartAsync();
        return host.Services.GetRequiredService<IGrainFactory>();
    }

    private Task<ServerProcess> StartNodeAsync(int node) =>
        ServerProcess.StartAsync(Path.Combine(_directory.FullName, $"node-{node}"), ServerProcess.FreePorts(), "--cluster", Path.Combine(_directory.FullName, "shared"), "--node", $"node-{node}");

    private static ClusterOptions Names(ClusterOptions options)
    {
        options.ClusterId = GridCluster.ClusterId;
        options.ServiceId = GridCluster.ServiceId;
        return options;
    }
}
