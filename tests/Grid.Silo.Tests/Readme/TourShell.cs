using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Grid.Silo.Cli;
using Grid.Testing;

namespace Grid.Silo.Tests.Readme;

/// <summary>
/// A shell that knows what the README's tour needs: <c>export</c>, <c>unset</c>, <c>grid</c>, and <c>grid serve ... &amp;</c>, which runs until the shell is disposed. Files in /tmp go to a
/// directory of the test's own, ports to free ones.
/// </summary>
internal sealed partial class TourShell : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-readme-");
    private readonly Dictionary<string, string> _environment = [];
    private readonly Dictionary<string, int> _ports = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task<int>> _servers = [];

    /// <summary>Servers started.</summary>
    public int Servers => _servers.Count;

    public async Task RunAsync(string line)
    {
        var words = ShellWords.Split(line).Select(Here).ToList();
        switch (words)
        {
            case ["export", var setting]:
                _environment[setting.Split('=')[0]] = setting.Split('=', 2)[1];
                break;
            case ["unset", var name]:
                _environment.Remove(name);
                break;
            case ["grid", "serve", .. var arguments, "&"]:
                await ServeAsync(line, arguments);
                break;
            case ["grid", .. var arguments]:
                var output = new StringWriter();
                var exit = await GridCommandLine.RunAsync([.. arguments], Console(output, output), CancellationToken.None);
                Assert.True(exit == 0, $"'{line}' ended with {exit}: {output}");
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_servers);
        _stop.Dispose();
        _directory.Delete(recursive: true);
    }

    /// <summary>Starts a server with the ports of the line, or those that are the defaults, and waits until it serves as the reader is told to.</summary>
    private async Task ServeAsync(string line, List<string> arguments)
    {
        foreach (var (option, port) in new[] { ("--silo-port", "11111"), ("--gateway-port", "30000"), ("--urls", "http://127.0.0.1:8080") })
            if (!arguments.Contains(option))
                arguments = [.. arguments, option, Here(port)];
        var output = new StringWriter();
        var server = Task.Run(() => GridCommandLine.RunAsync(["serve", "--json", .. arguments], Console(output, TextWriter.Synchronized(output)), _stop.Token));
        _servers.Add(server);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        using var patience = new CancellationTokenSource(ReadyWithin);
        var health = new Uri(arguments[arguments.IndexOf("--urls") + 1] + "/health/ready");
        while (!await IsReadyAsync(http, health))
        {
            Assert.False(server.IsCompleted || patience.IsCancellationRequested, $"'{line}' does not serve: {output}");
            await timer.WaitForNextTickAsync();
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, Uri health)
    {
        try
        {
            using var answer = await http.GetAsync(health);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private CliConsole Console(TextWriter output, TextWriter error) => new() { Out = output, Error = error, Environment = name => _environment.GetValueOrDefault(name) };

    private string Here(string word)
    {
        word = word.StartsWith("samples/", StringComparison.Ordinal) ? Path.Combine(Repository.Root, word)
            : word.EndsWith(".parquet", StringComparison.Ordinal) ? Path.Combine(_directory.FullName, word)
            : word.Replace("/tmp/", _directory.FullName + "/", StringComparison.Ordinal);
        return PortPattern().Replace(word, match =>
        {
            if (!_ports.TryGetValue(match.Value, out var port))
                _ports[match.Value] = port = FreePorts.Take();
            return $"{port}";
        });
    }

    [GeneratedRegex(@"\b(?:1111\d|3000\d|808\d)\b")]
    private static partial Regex PortPattern();
}
