using System.Net;
using System.Net.Sockets;

namespace Grid.Client.Tests.Tls;

/// <summary>Two ends of one connection on this machine.</summary>
internal sealed class TcpPair : IDisposable
{
    private TcpPair(Stream caller, Stream called) => (Caller, Called) = (caller, called);

    public Stream Caller { get; }

    public Stream Called { get; }

    public static async Task<TcpPair> OpenAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var accept = listener.AcceptSocketAsync();
        await socket.ConnectAsync(listener.LocalEndpoint);
        return new TcpPair(new NetworkStream(socket, ownsSocket: true), new NetworkStream(await accept, ownsSocket: true));
    }

    public void Dispose()
    {
        Caller.Dispose();
        Called.Dispose();
    }
}
