using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Grid.Client;
using Grid.Silo;

namespace Grid.Cluster.Tests;

/// <summary>A real <c>grid serve</c> process on loopback ports of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly List<string> _output;

    private ServerProcess(Process process, List<string> output, int gatewayPort)
    {
        _process = process;
        _output = output;
        GatewayPort = gatewayPort;
        Endpoint = $"127.0.0.1:{gatewayPort}";
    }

    /// <summary>The port for clients.</summary>
    public int GatewayPort { get; }

    /// <summary>Where clients connect.</summary>
    public string Endpoint { get; }

    /// <summary>Everything the process wrote; for messages of failed tests.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return string.Join(Environment.NewLine, _output);
        }
    }

    /// <summary>Ports for a silo, its gateway and HTTP.</summary>
    public static int[] FreePorts() => Testing.FreePorts.Take(3);

    public static async Task<ServerProcess> StartAsync(string dataDirectory, int[] ports, params string[] more)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            typeof(GridHost).Assembly.Location, "serve", "--data", dataDirectory, "--silo-port", $"{ports[0]}", "--gateway-port", $"{ports[1]}",
            "--urls", $"http://127.0.0.1:{ports[2]}", .. more,
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);

        var output = new List<string>();
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(output, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new ServerProcess(process, output, ports[1]);
        await server.WaitUntilReadyAsync($"http://127.0.0.1:{ports[2]}/health/ready");
        return server;
    }

    public Task<GridClient> ConnectAsync(GridClientOptions? options = null) => GridClient.ConnectAsync(Endpoint, options);

    /// <summary>Sends a signal, for example <c>STOP</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
            throw new InvalidOperationException($"kill -{signal} failed with {kill.ExitCode}.");
    }

    /// <summary>Whether the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Returns when the process has ended by itself.</summary>
    public Task WaitForExitAsync() => _process.WaitForExitAsync();

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private static void Keep(List<string> output, string? line)
    {
        if (line is null)
            return;
        lock (output)
            output.Add(line);
    }

    private async Task WaitUntilReadyAsync(string url)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var watch = Stopwatch.StartNew();
        while (await timer.WaitForNextTickAsync())
        {
            if (_process.HasExited)
                await _process.WaitForExitAsync(); // and for what it wrote
            if (_process.HasExited || watch.Elapsed > StartTimeout)
                throw new InvalidOperationException($"The server did not become ready ({(_process.HasExited ? $"it ended with {_process.ExitCode}" : "it runs")}).{Environment.NewLine}{Output}");
            try
            {
                using var answer = await http.GetAsync(new Uri(url));
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            catch (TaskCanceledException)
            {
                // Listening, but still starting.
            }
        }
    }
}
