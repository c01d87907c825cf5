using System.Diagnostics;
using Grid.Silo;
using Grid.Testing;

namespace Grid.Bench.Children;

/// <summary>A real <c>grid serve</c> process on loopback ports of its own, which keeps its ports and its directory over restarts.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(120);
    private readonly int[] _ports = FreePorts.Take(3);
    private readonly string[] _more;
    private readonly Queue<string> _lastLines = new();
    private Process? _process;

    /// <summary>Describes a node that does not run yet.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="directory">Its data directory.</param>
    /// <param name="more">Further options of <c>grid serve</c>.</param>
    public NodeProcess(string name, string directory, params string[] more)
    {
        Name = name;
        Directory = directory;
        _more = more;
    }

    public string Name { get; }

    public string Directory { get; }

    public string Endpoint => $"127.0.0.1:{_ports[1]}";

    private string Output
    {
        get
        {
            lock (_lastLines)
                return string.Join(Environment.NewLine, _lastLines);
        }
    }

    /// <summary>Starts the process and answers how long it took until it was ready for clients.</summary>
    public async Task<TimeSpan> StartAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            typeof(GridHost).Assembly.Location, "serve", "--node", Name, "--data", Directory, "--silo-port", $"{_ports[0]}", "--gateway-port", $"{_ports[1]}",
            "--urls", $"http://127.0.0.1:{_ports[2]}", .. _more,
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var watch = Stopwatch.StartNew();
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        await WaitUntilReadyAsync(process, watch, cancellationToken);
        return watch.Elapsed;
    }

    /// <summary>kill -9; returns when the process is gone.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>SIGTERM; returns when the node has flushed, closed and ended.</summary>
    public async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process!.Id}"]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Bytes of memory that the process really has.</summary>
    public long ResidentBytes()
    {
        _process!.Refresh();
        return _process.WorkingSet64;
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private void Keep(string? line)
    {
        const int LinesKept = 50;
        if (line is null)
            return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > LinesKept)
                _lastLines.Dequeue();
        }
    }

    private async Task WaitUntilReadyAsync(Process process, Stopwatch watch, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (process.HasExited || watch.Elapsed > StartTimeout)
                throw new InvalidOperationException($"Node {Name} did not become ready (exited: {process.HasExited}).{Environment.NewLine}{Output}");
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{_ports[2]}/health/ready"), cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // Not listening yet, or listening and still starting.
            }
        }
    }
}
