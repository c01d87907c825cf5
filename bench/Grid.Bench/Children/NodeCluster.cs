using System.Diagnostics;
using Grid.Abstractions;
using Grid.Bench.Harness;
using Grid.Client;

namespace Grid.Bench.Children;

/// <summary>Three nodes on this machine that share an object store, and a client that knows the gateways of all.</summary>
internal sealed class NodeCluster : IAsyncDisposable
{
    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly TimeSpan RejoinPatience = TimeSpan.FromMinutes(10);
    private readonly Dictionary<string, NodeProcess> _nodes;

    private NodeCluster(string directory, string[] more)
    {
        string[] options = ["--cluster", Path.Combine(directory, "cluster"), .. more];
        _nodes = Names.ToDictionary(name => name, name => new NodeProcess(name, Path.Combine(directory, name), options));
    }

    public GridClient Client { get; private set; } = null!;

    public NodeProcess this[string node] => _nodes[node];

    /// <summary>The gateways of all nodes.</summary>
    public string Endpoints => string.Join(',', _nodes.Values.Select(node => node.Endpoint));

    public static async Task<NodeCluster> StartAsync(string directory, CancellationToken cancellationToken, params string[] more)
    {
        var cluster = new NodeCluster(directory, more);
        try
        {
            await Task.WhenAll(cluster._nodes.Values.Select(node => node.StartAsync(cancellationToken)));
            cluster.Client = await GridClient.ConnectAsync(cluster.Endpoints, new GridClientOptions { RetryFor = TimeSpan.FromMinutes(1) }, cancellationToken);
            await cluster.Client.CreateDatabaseAsync("bench", ifNotExists: true, cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The node that leads most of a table's buckets, and those buckets.</summary>
    public static async Task<(string Node, int[] Buckets)> FindBusiestLeaderAsync(GridTable table, CancellationToken cancellationToken)
    {
        var status = await table.GetStatusAsync(cancellationToken);
        var busiest = status.GroupBy(bucket => bucket.Leader!.Value.Value).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First();
        return (busiest.Key, [.. busiest.Select(bucket => bucket.Bucket.Number)]);
    }

    /// <summary>Waits until every bucket of a table has that many replicas in sync, with the same end.</summary>
    public static async Task WaitUntilInSyncAsync(GridTable table, int replicas, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (true)
        {
            var status = await table.GetStatusAsync(cancellationToken);
            if (status.All(bucket => bucket.Replicas.Length == replicas && bucket.Replicas.All(replica => replica.IsInSync && replica.EndOffset == bucket.LogEndOffset)))
                return;
            if (watch.Elapsed > RejoinPatience)
                throw new InvalidOperationException($"{table.Info.Path} is not in sync after {RejoinPatience}.");
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Kills a node with kill -9; answers seconds from the kill to the first acknowledged write and to the first lookup of the bucket that took longest.</summary>
    public async Task<(double Write, double Lookup)> KillAsync(string node, IReadOnlyList<OutageProbe> probesOfItsBuckets)
    {
        var killed = Stopwatch.GetTimestamp();
        await _nodes[node].KillAsync();
        var answers = await Task.WhenAll(probesOfItsBuckets.Select(probe => probe.NextAnswersAsync()));
        return (answers.Max(answer => Stopwatch.GetElapsedTime(killed, answer.Write).TotalSeconds), answers.Max(answer => Stopwatch.GetElapsedTime(killed, answer.Lookup).TotalSeconds));
    }

    public async ValueTask DisposeAsync()
    {
        if (Client is not null)
            await Client.DisposeAsync();
        foreach (var node in _nodes.Values)
            await node.DisposeAsync();
    }
}
