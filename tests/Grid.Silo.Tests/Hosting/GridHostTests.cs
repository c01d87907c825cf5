using System.Net;
using System.Net.Sockets;

namespace Grid.Silo.Tests.Hosting;

public sealed class GridHostTests
{
    [LinuxFact]
    public async Task An_embedded_host_opens_no_port()
    {
        using var directory = new TestDirectory();
        var before = ListeningSockets.OfThisProcess();
        await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory.Path });

        Assert.Equal(before, ListeningSockets.OfThisProcess());
    }

    [LinuxFact]
    public void The_check_for_ports_sees_one()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        Assert.Contains(((IPEndPoint)listener.LocalEndpoint).Port.ToString(), ListeningSockets.OfThisProcess());
    }
}
