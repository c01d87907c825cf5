using System.Diagnostics;
using Grid.Abstractions;

namespace Grid.Silo.Demo;

/// <summary>One <c>grid serve</c> process. It stops with this process: its input ends.</summary>
internal sealed class DemoNode : IAsyncDisposable
{
    private const int TailLinesMax = 20;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Queue<string> _tail = new();
    private readonly Task _reading;

    private DemoNode(string name, Process process)
    {
        Name = name;
        _process = process;
        _reading = ReadErrorsAsync();
    }

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>The process's number.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Starts a node and returns when it serves.</summary>
    /// <exception cref="GridException">It did not start; with what it said.</exception>
    public static async Task<DemoNode> StartAsync(DemoNodePlace place, CancellationToken cancellationToken)
    {
        var start = GridProgram.Start("serve", "--json", "--with-parent", "--node", place.Name, "--data", place.DataDirectory, "--cluster", place.ClusterDirectory,
            "--silo-port", $"{place.SiloPort}", "--gateway-port", $"{place.GatewayPort}", "--urls", $"http://127.0.0.1:{place.HttpPort}");
        // Neither settings of another Grid in the environment nor an appsettings.json in the present directory are meant for it.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GRID_", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        start.WorkingDirectory = place.ClusterDirectory;
        var node = new DemoNode(place.Name, Process.Start(start) ?? throw new GridException(GridErrorCode.Internal, $"{start.FileName} did not start."));
        try
        {
            await node.WaitUntilReadyAsync(cancellationToken).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Kills without warning (SIGKILL).</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _process.Dispose();
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        string? ready;
        try
        {
            ready = await _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(ReadyWithin, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Failure($"was not ready within {ReadyWithin.TotalSeconds:0} s");
        }

        if (ready is not null)
            return; // it says nothing more there
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        throw Failure($"ended with {_process.ExitCode}");
    }

    private GridException Failure(string what)
    {
        lock (_tail)
            return new GridException(GridErrorCode.Internal, $"Node {Name} {what}: {string.Join(' ', _tail)}");
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
            lock (_tail)
            {
                _tail.Enqueue(line.Trim());
                if (_tail.Count > TailLinesMax)
                    _tail.Dequeue();
            }
    }
}
