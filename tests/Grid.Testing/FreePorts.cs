using System.Net;
using System.Net.Sockets;

namespace Grid.Testing;

/// <summary>
/// TCP ports for servers that a test starts. None is given twice by a process before all of the range were, since a server may start long after its port was chosen; and they lie below those that systems give to
/// clients, one of which could take it meanwhile.
/// </summary>
public static class FreePorts
{
    private const int First = 10_240;
    private const int Count = 22_000;
    private static int _next = Random.Shared.Next(Count);

    /// <summary>A port of 127.0.0.1 that nobody listens at.</summary>
    public static int Take()
    {
        for (var i = 0; i < Count; i++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            if (IsFree(port))
                return port;
        }

        throw new InvalidOperationException($"No port from {First} to {First + Count - 1} is free.");
    }

    /// <summary>As many ports as asked for.</summary>
    public static int[] Take(int count)
    {
        var ports = new int[count];
        for (var i = 0; i < count; i++)
            ports[i] = Take();
        return ports;
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
