using System.Net;
using System.Net.Sockets;
using Grid.Abstractions;
using Grid.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Silo.Tests.Hosting;

[Collection(PortsCollection.Name)]
public sealed class GridHostTests
{
    private sealed record Reading([property: Key] string Sensor, double Value);

    [LinuxFact]
    public async Task An_embedded_host_opens_no_port()
    {
        using var directory = new TestDirectory();
        var before = ListeningSockets.OfThisProcess();
        await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory.Path });
        await host.Client.ListDatabasesAsync();

        Assert.Equal(before, ListeningSockets.OfThisProcess());
    }

    [LinuxFact]
    public async Task An_embedded_host_that_is_asked_for_a_data_port_opens_it_and_closes_it()
    {
        using var directory = new TestDirectory();
        var before = ListeningSockets.OfThisProcess();
        await using (await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory.Path, Configure = grid => grid.DataPort = -1 }))
            Assert.Equal(before.Count + 1, ListeningSockets.OfThisProcess().Count);

        Assert.Equal(before, ListeningSockets.OfThisProcess());
    }

    [Fact]
    public async Task A_data_port_that_is_taken_stops_the_start_and_is_named()
    {
        using var directory = new TestDirectory();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var refusal = await Assert.ThrowsAsync<GridException>(() =>
            GridHost.StartAsync(new GridHostOptions { DataDirectory = directory.Path, Configure = grid => grid.DataPort = port }));

        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains($"127.0.0.1:{port}", refusal.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void The_check_for_ports_sees_one()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        Assert.Contains(((IPEndPoint)listener.LocalEndpoint).Port.ToString(), ListeningSockets.OfThisProcess());
    }

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        using var directory = new TestDirectory();
        var options = new GridHostOptions { DataDirectory = directory.Path };
        await using (var host = await GridHost.StartAsync(options))
        {
            await host.Client.CreateDatabaseAsync("lab");
            var readings = await host.Client.CreateTableAsync<Reading>("lab.readings");
            await readings.UpsertAsync(new Reading("t1", 20.5));
        }

        await using (var host = await GridHost.StartAsync(options))
        {
            var readings = await host.Client.OpenTableAsync<Reading>("lab.readings");
            Assert.Equal(new Reading("t1", 20.5), await readings.LookupAsync("t1"));
        }
    }

    [Fact]
    public async Task Disposing_flushes_what_a_writer_still_holds()
    {
        using var directory = new TestDirectory();
        var options = new GridHostOptions { DataDirectory = directory.Path };
        Task<WrittenRow> write;
        await using (var host = await GridHost.StartAsync(options))
        {
            await host.Client.CreateDatabaseAsync("lab");
            var readings = await host.Client.CreateTableAsync<Reading>("lab.readings");
            write = readings.UpsertAsync(new Reading("t1", 20.5));
        }

        await write;
        await using (var host = await GridHost.StartAsync(options))
            Assert.Equal(1, await (await host.Client.OpenTableAsync("lab.readings")).CountAsync());
    }

    [Fact]
    public async Task A_second_host_on_the_same_directory_is_refused_and_the_first_goes_on()
    {
        using var directory = new TestDirectory();
        var options = new GridHostOptions { DataDirectory = directory.Path };
        await using var first = await GridHost.StartAsync(options);

        var refusal = await Assert.ThrowsAsync<GridException>(() => GridHost.StartAsync(options));

        Assert.Equal(GridErrorCode.DirectoryInUse, refusal.Code);
        Assert.Contains(directory.Path, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(await first.Client.ListDatabasesAsync());
    }

    [Fact]
    public async Task An_illegal_option_is_refused_by_name_value_and_range()
    {
        using var directory = new TestDirectory();
        var options = new GridHostOptions { DataDirectory = directory.Path, Configure = grid => grid.BlockCacheBytes = 5 };

        var refusal = await Assert.ThrowsAsync<GridException>(() => GridHost.StartAsync(options));

        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
        Assert.Equal("Grid:BlockCacheBytes is 5; legal is 1048576 (1 MiB) to 1099511627776 (1 TiB).", refusal.Message);
    }

    [Fact]
    public async Task Two_hosts_on_two_directories_live_in_one_process()
    {
        using var directory = new TestDirectory();
        await using var one = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory["one"] });
        await using var two = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory["two"] });

        await one.Client.CreateDatabaseAsync("a");

        Assert.Equal("a", Assert.Single(await one.Client.ListDatabasesAsync()));
        Assert.Empty(await two.Client.ListDatabasesAsync());
    }

    [Fact]
    public async Task A_cancelled_start_is_cancelled_and_leaves_the_directory_free()
    {
        using var directory = new TestDirectory();
        using var cancellation = new CancellationTokenSource();
        var options = new GridHostOptions
        {
            DataDirectory = directory.Path,
            // In the middle of the start, after the directory was taken.
            ConfigureSilo = silo => silo.AddStartupTask((_, _) => cancellation.CancelAsync()),
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => GridHost.StartAsync(options, cancellation.Token));

        await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory.Path });
    }

    [Fact]
    public async Task The_host_has_one_client()
    {
        using var directory = new TestDirectory();
        await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory.Path });

        Assert.Same(host.Client, host.Services.GetRequiredService<GridClient>());
    }
}
