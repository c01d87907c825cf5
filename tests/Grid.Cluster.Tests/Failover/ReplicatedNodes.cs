using Grid.Abstractions;
using Grid.Client;
using Xunit.Abstractions;

namespace Grid.Cluster.Tests.Failover;

/// <summary>Three real nodes on a shared directory or another object store, a log table and a primary-key table with three replicas each, and a client that knows all gateways.</summary>
internal sealed class ReplicatedNodes : IAsyncDisposable
{
    public const int Buckets = 4;
    private static readonly string[] Names = ["a", "b", "c"];
    private readonly string _root = Directory.CreateTempSubdirectory("grid-nodes").FullName;
    private readonly Dictionary<string, int[]> _ports = Names.Append("d").ToDictionary(name => name, _ => ServerProcess.FreePorts());
    private readonly Dictionary<string, ServerProcess> _servers = [];

    private readonly ITestOutputHelper _output;
    private readonly string _store;

    private ReplicatedNodes(ITestOutputHelper output, string? store)
    {
        _output = output;
        _store = store ?? ClusterDirectory;
    }

    public GridClient Client { get; private set; } = null!;

    public GridTable<Event> Events { get; private set; } = null!;

    public GridTable<Account> Accounts { get; private set; } = null!;

    public IReadOnlyList<string> Nodes => Names;

    public ServerProcess this[string node] => _servers[node];

    /// <summary>The object store's directory.</summary>
    public string ClusterDirectory => Path.Combine(_root, "cluster");

    /// <summary>Starts them.</summary>
    /// <param name="output">Gets what the nodes wrote.</param>
    /// <param name="store">The object store, as <c>--cluster</c> takes it; null: <see cref="ClusterDirectory"/>.</param>
    public static async Task<ReplicatedNodes> StartAsync(ITestOutputHelper output, string? store = null)
    {
        var nodes = new ReplicatedNodes(output, store);
        try
        {
            await Task.WhenAll(Names.Select(nodes.StartAsync));
            nodes.Client = await nodes.ConnectAsync(Names);
            await nodes.Client.CreateDatabaseAsync("f");
            var options = new TableOptions { Buckets = Buckets, Replicas = 3, MinInSync = 2 };
            nodes.Events = await nodes.Client.CreateTableAsync<Event>("f.events", options);
            nodes.Accounts = await nodes.Client.CreateTableAsync<Account>("f.accounts", options);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    public Task<GridClient> ConnectAsync(params string[] nodes) =>
        GridClient.ConnectAsync(string.Join(',', nodes.Select(node => $"127.0.0.1:{_ports[node][1]}")), new GridClientOptions { RetryFor = TimeSpan.FromSeconds(60) });

    public async Task StartAsync(string node)
    {
        var server = await ServerProcess.StartAsync(Path.Combine(_root, node), _ports[node], "--node", node, "--cluster", _store, "--set", "Grid:RetentionInterval=00:00:01", "--set", "Logging:LogLevel:Grid=Debug");
        lock (_servers)
            _servers[node] = server;
    }

    public async Task StartOnceNameIsFreeAsync(string node)
    {
        while (true)
        {
            try
            {
                await StartAsync(node);
                return;
            }
            catch (InvalidOperationException failure) when (failure.Message.Contains("has lapsed", StringComparison.Ordinal))
            {
                // Refused with the time that is left; a process takes about a second to find that out.
            }
        }
    }

    public Task KillAsync(string node) => _servers[node].KillAsync();

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async Task StopAsync(string node)
    {
        await _servers[node].SignalAsync("TERM");
        await _servers[node].WaitForExitAsync();
    }

    public void WipeDisk(string node) => Directory.Delete(Path.Combine(_root, node), recursive: true);

    public string DataDirectory(string node) => Path.Combine(_root, node);

    /// <summary>Files of buckets that a node has.</summary>
    public int CountFiles(string node)
    {
        var folder = Path.Combine(_root, node, "buckets");
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count() : 0;
    }

    public async Task WaitUntilAsync(Func<bool> isReached)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!isReached())
            await timer.WaitForNextTickAsync(patience.Token);
    }

    public Task<IReadOnlyList<BucketStatus>> GetStatusAsync() => Events.Untyped.GetStatusAsync();

    /// <summary>The node that leads most buckets of both tables.</summary>
    public async Task<string> FindBusiestLeaderAsync()
    {
        var status = (await Events.Untyped.GetStatusAsync()).Concat(await Accounts.Untyped.GetStatusAsync());
        return status.GroupBy(bucket => bucket.Leader!.Value.Value).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First().Key;
    }

    /// <summary>Waits until every bucket has three replicas in sync with the same end.</summary>
    public Task WaitUntilInSyncAsync() => WaitUntilInSyncAsync(Events.Untyped, Accounts.Untyped);

    public async Task WaitUntilInSyncAsync(params GridTable[] tables)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        IReadOnlyList<BucketStatus> status = [];
        do
        {
            if (patience.IsCancellationRequested)
                throw new InvalidOperationException($"Not in sync again: {string.Join("; ", status.Select(Describe))}\n{Output}");
            status = [.. (await Task.WhenAll(tables.Select(table => table.GetStatusAsync()))).SelectMany(one => one)];
        }
        while (!status.All(bucket => bucket.Replicas.Length == 3 && bucket.Replicas.All(replica => replica.IsInSync && replica.EndOffset == bucket.LogEndOffset)) && await timer.WaitForNextTickAsync());
    }

    /// <summary>Waits until a node has written something to its log.</summary>
    public async Task WaitForOutputAsync(string node, string text)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!_servers[node].Output.Contains(text, StringComparison.Ordinal))
            if (patience.IsCancellationRequested || !await timer.WaitForNextTickAsync())
                throw new InvalidOperationException($"Node {node} did not write '{text}'.");
    }

    public string Output => string.Join('\n', _servers.Select(server => $"--- {server.Key}\n{server.Value.Output}"));

    public async ValueTask DisposeAsync()
    {
        if (Client is not null)
            await Client.DisposeAsync();
        foreach (var server in _servers.Values)
            await server.DisposeAsync();
        _output.WriteLine(Output); // shown where the test fails
        Directory.Delete(_root, recursive: true);
    }

    private static string Describe(BucketStatus bucket) =>
        $"{bucket.Bucket} leader {bucket.Leader} end {bucket.LogEndOffset} replicas [{string.Join(", ", bucket.Replicas.Select(replica => $"{replica.Node} {(replica.IsInSync ? "in sync" : "out")} {replica.EndOffset} {(replica.IsAnswering ? "" : "silent")}"))}]";
}
