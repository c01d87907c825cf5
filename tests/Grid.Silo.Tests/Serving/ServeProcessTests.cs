using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Grid.Client;
using Grid.Silo.Cli;
using Grid.Silo.Tests.Cli;
using Grid.Testing;

namespace Grid.Silo.Tests.Serving;

public sealed class ServeProcessTests
{
    private sealed record Reading(int Number);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [LinuxFact]
    public async Task A_served_grid_takes_commands_and_a_sigterm_closes_it_cleanly()
    {
        using var directory = new TestDirectory();
        var (silo, gateway, http) = (FreePorts.Take(), FreePorts.Take(), FreePorts.Take());
        using var server = Start("serve", "--json", "--data", directory["data"], "--silo-port", $"{silo}", "--gateway-port", $"{gateway}", "--urls", $"http://127.0.0.1:{http}");
        try
        {
            var ready = await server.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException(await server.StandardError.ReadToEndAsync());
            Assert.Equal($"127.0.0.1:{gateway}", JsonDocument.Parse(ready).RootElement.GetProperty("gateway").GetString());
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
            Assert.Equal("Healthy", await client.GetStringAsync(new Uri("/health/live", UriKind.Relative)));
            Assert.Equal("Healthy", await client.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));

            var remote = new TestCli(data: null);
            remote.Environment[TargetOptions.ConnectVariable] = $"127.0.0.1:{gateway}";
            await remote.OkAsync("table create lab.n n:int64 text:string --key n");
            await remote.OkAsync("upsert lab.n n=1 text=one");
            Assert.Equal("{\"n\":1,\"text\":\"one\"}\n", (await remote.OkAsync("lookup lab.n 1 --json")).Out);
            var inUse = await new TestCli(directory["data"]).RunAsync("db list");
            Assert.Equal(ExitCode.Failed, inUse.Code);
            Assert.Contains(directory["data"], inUse.Error, StringComparison.Ordinal);

            using var terminate = Process.Start("kill", ["-TERM", $"{server.Id}"]);
            await server.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(ExitCode.Ok, server.ExitCode);
            Assert.EndsWith("Stopped.\n", await server.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        }
        finally
        {
            if (!server.HasExited)
                server.Kill();
        }

        Assert.Equal("{\"n\":1,\"text\":\"one\"}\n", (await new TestCli(directory["data"]).OkAsync("lookup lab.n 1 --json")).Out);
    }

    [Fact]
    public async Task Metrics_and_traces_go_to_the_collector_that_the_environment_names()
    {
        using var directory = new TestDirectory();
        await using var collector = new OtlpCollector();
        var gateway = FreePorts.Take();
        using var server = StartWith(
            new()
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            },
            "serve", "--json", "--data", directory["data"], "--silo-port", $"{FreePorts.Take()}", "--gateway-port", $"{gateway}", "--urls", $"http://127.0.0.1:{FreePorts.Take()}");
        try
        {
            _ = await server.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException(await server.StandardError.ReadToEndAsync());
            await using (var client = await GridClient.ConnectAsync($"127.0.0.1:{gateway}"))
            {
                await client.CreateDatabaseAsync("lab");
                await using var table = await client.CreateTableAsync<Reading>("lab.readings");
                await table.AppendAsync(Enumerable.Range(0, 100).Select(i => new Reading(i)));
            }

            await collector.WaitForAsync("/v1/metrics", ["Grid.Storage", "grid.storage.append.rows", "grid.storage.flush.duration", "Grid.Grains", "grid.bucket.call.duration", "grid.bucket.open"], Patience);
            await collector.WaitForAsync("/v1/traces", ["append", "grid.bucket"], Patience);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync().WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task A_taken_port_is_explained()
    {
        using var directory = new TestDirectory();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var result = await new TestCli(directory["data"]).RunAsync(["serve", "--gateway-port", $"{port}", "--silo-port", $"{FreePorts.Take()}", "--urls", "http://127.0.0.1:0"]);

        Assert.Equal(ExitCode.Failed, result.Code);
        Assert.Contains("A port is taken", result.Error, StringComparison.Ordinal);
    }

    private static Process Start(params string[] arguments) => StartWith([], arguments);

    private static Process StartWith(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(GridHost).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
