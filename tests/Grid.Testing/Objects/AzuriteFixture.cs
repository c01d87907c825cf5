using System.Diagnostics;
using System.Text.RegularExpressions;
using Grid.Storage.Objects;
using Xunit;

namespace Grid.Testing.Objects;

/// <summary>
/// A running blob emulator on a free port of this machine, in memory, shared by the tests of a collection: each uses containers of its own. A test project
/// makes it a collection: <c>[CollectionDefinition(AzuriteFixture.Collection)] class ... : ICollectionFixture&lt;AzuriteFixture&gt;</c>.
/// </summary>
public sealed partial class AzuriteFixture : IAsyncLifetime, IAsyncDisposable
{
    /// <summary>The name of the collection, in each test project.</summary>
    public const string Collection = "azurite";

    private static readonly TimeSpan StartTimeMax = TimeSpan.FromSeconds(60);

    // The account and key that every copy of the emulator has; they are in its documentation.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private Process? _process;
    private Task? _errors;
    private string _output = "";

    /// <summary>The connection string of the emulator.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Starts an emulator for a test that is in no collection; dispose it.</summary>
    public static async Task<AzuriteFixture> StartAsync()
    {
        var fixture = new AzuriteFixture();
        await fixture.InitializeAsync();
        return fixture;
    }

    /// <summary>Options for a container that no other test uses, with short waits.</summary>
    public AzureBlobOptions NewContainer() => new()
    {
        ConnectionString = ConnectionString,
        Container = "test-" + Guid.NewGuid().ToString("N"),
        BackoffMs = 1,
        BackoffMsMax = 20,
    };

    /// <summary>An object store location (<see cref="ObjectStoreLocation"/>) in a container that no other test uses.</summary>
    public string NewLocation() => $"azure:{ConnectionString};Container=test-{Guid.NewGuid():N}";

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var folder = await AzuriteInstall.RunAsync();
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true, // ends with this process, and the emulator with it
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { Path.Combine(folder, "start.js"), "unused", "0", "--memory", "--with-parent" })
            start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new InvalidOperationException("node did not start; the README's prerequisites name Node 20.");
        _errors = DrainAsync(_process.StandardError);
        using var deadline = new CancellationTokenSource(StartTimeMax);
        while (await ReadLineAsync(deadline.Token) is { } line)
        {
            if (ListeningPattern().Match(line) is not { Success: true } listening)
                continue;
            ConnectionString = $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={listening.Groups[1].Value}/{Account};";
            _ = DrainAsync(_process.StandardOutput);
            return;
        }

        await _process.WaitForExitAsync();
        await _errors;
        throw new InvalidOperationException($"The emulator ended with {_process.ExitCode} before it listened: {_output}");
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_process is null)
            return;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <inheritdoc/>
    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    private async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        try
        {
            var line = await _process!.StandardOutput.ReadLineAsync(cancellationToken);
            _output += line + "\n";
            return line;
        }
        catch (OperationCanceledException)
        {
            await DisposeAsync();
            throw new TimeoutException($"The emulator did not listen within {StartTimeMax}: {_output}");
        }
    }

    /// <summary>Reads what the emulator prints, so that it never waits for a reader.</summary>
    private async Task DrainAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
            if (_output.Length < 16 * 1024)
                _output += line + "\n";
    }

    [GeneratedRegex(@"successfully listens on (http://127\.0\.0\.1:\d+)")]
    private static partial Regex ListeningPattern();
}
