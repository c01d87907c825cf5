using System.Globalization;
using Grid.Client;

namespace Grid.Bench.Children;

/// <summary>A silo in another process with a client connected to it.</summary>
internal sealed class ServerSession : IAsyncDisposable
{
    private readonly ChildProcess _server;

    private ServerSession(ChildProcess server, GridClient client)
    {
        _server = server;
        Client = client;
    }

    /// <summary>The address of the gateway.</summary>
    public string Endpoint => $"127.0.0.1:{_server.Ready}";

    public GridClient Client { get; }

    public static async Task<ServerSession> StartAsync(string dataDirectory, string flush = "Os")
    {
        var server = await ChildProcess.StartAsync("serve", dataDirectory, flush);
        var client = await GridClient.ConnectAsync($"127.0.0.1:{server.Ready}");
        await client.CreateDatabaseAsync("bench", ifNotExists: true);
        return new ServerSession(server, client);
    }

    /// <summary>What the server's garbage collector did since it started.</summary>
    public async Task<(long AllocatedBytes, double PauseMs, double LongestPauseMs)> GarbageAsync()
    {
        var parts = (await _server.AskAsync("gc")).Split(' ');
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture), double.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _server.DisposeAsync();
    }
}
