using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Grid.Abstractions;
using Grid.Silo;
using Grid.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Grid.Client.Tests.Reading;

public sealed class ConnectedTests
{
    private sealed record Row([property: Key] long Id, string Text);

    [Fact]
    public async Task A_client_in_a_host_of_its_own_writes_and_reads_over_the_gateway()
    {
        var directory = Directory.CreateTempSubdirectory("grid-client-tests");
        var (silo, gateway) = (FreePorts.Take(), FreePorts.Take());
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(orleans => orleans.UseLocalhostClustering(silo, gateway).AddGrid(grid => grid.DataDirectory = directory.FullName));
        using (var server = builder.Build())
        {
            await server.StartAsync();
            await using (var client = await GridClient.ConnectAsync($"localhost:{gateway}"))
            {
                await client.CreateDatabaseAsync("test");
                await using var table = await client.CreateTableAsync<Row>("test.rows");
                await table.UpsertAsync(Enumerable.Range(0, 5000).Select(i => new Row(i, $"row {i}")));
                Assert.Equal(new Row(42, "row 42"), await table.LookupAsync(42L));
                Assert.Equal(5000, await table.CountAsync());
                Assert.Equal(5000, (await table.LookupManyAsync(Enumerable.Range(0, 5000).Select(i => (long)i).ToArray())).Count(r => r is not null));
            }

            var services = new HostApplicationBuilderSettings { DisableDefaults = true };
            var guest = Host.CreateEmptyApplicationBuilder(services);
            guest.Services.AddGridClient($"127.0.0.1:{gateway}");
            using var host = guest.Build();
            await host.StartAsync();
            Assert.Equal<string>(["test"], await host.Services.GetRequiredService<GridClient>().ListDatabasesAsync());
            await host.StopAsync();
            await server.StopAsync();
        }

        directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("localhost:")]
    [InlineData("localhost:70000")]
    [InlineData("")]
    public async Task A_wrong_endpoint_is_refused_with_an_example(string endpoint)
    {
        var refused = await Assert.ThrowsAsync<GridException>(() => GridClient.ConnectAsync(endpoint));
        Assert.Equal(GridErrorCode.InvalidArgument, refused.Code);
        Assert.Contains("localhost:30000", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_no_Grid_answers_the_attempt_ends_in_time_and_names_the_endpoint(bool listening)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = listener.LocalEndpoint.ToString()!;
        if (!listening)
            listener.Dispose();
        var watch = Stopwatch.StartNew();
        var refused = await Assert.ThrowsAsync<GridException>(() => GridClient.ConnectAsync(endpoint, new GridClientOptions { ConnectTimeout = TimeSpan.FromSeconds(1) }));
        listener.Dispose();

        Assert.Equal(GridErrorCode.Timeout, refused.Code);
        Assert.Contains($"No Grid answers at {endpoint} within 1 s", refused.Message, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task Whoever_gives_up_before_that_gets_a_cancellation()
    {
        using var token = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => GridClient.ConnectAsync($"127.0.0.1:{FreePorts.Take()}", options: null, token.Token));
    }
}
