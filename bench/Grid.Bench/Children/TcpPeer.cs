using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Grid.Bench.Children;

/// <summary>
/// The physical limit of anything between two processes: a loopback TCP copy. The peer is a child process; the request is one byte (S: I send, R: I
/// receive) and an int64 length, the end of a send is acknowledged with one byte.
/// </summary>
internal static class TcpPeer
{
    private const int ChunkBytes = 256 * 1024;

    /// <summary>The child's side: prints its port, serves one connection after another until standard input ends.</summary>
    public static async Task ServeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Console.Out.WriteLine(((IPEndPoint)listener.LocalEndpoint).Port);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync();
                _ = Task.Run(() => AnswerAsync(socket));
            }
        });
        while (await Console.In.ReadLineAsync() is not null)
        {
        }
    }

    /// <summary>Copies bytes to the child (or from it) over some connections at once; answers bytes a second.</summary>
    public static async Task<double> CopyAsync(int port, bool send, long bytes, int connections)
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port);
            sockets.Add(socket);
        }

        var watch = Stopwatch.StartNew();
        await Task.WhenAll(sockets.Select(socket => Task.Run(() => AskAsync(socket, send, bytes / connections))));
        var rate = bytes / watch.Elapsed.TotalSeconds;
        foreach (var socket in sockets)
            socket.Dispose();
        return rate;
    }

    private static async Task AskAsync(Socket socket, bool send, long bytes)
    {
        var request = new byte[9];
        request[0] = send ? (byte)'S' : (byte)'R';
        BinaryPrimitives.WriteInt64LittleEndian(request.AsSpan(1), bytes);
        await socket.SendAsync(request);
        if (send)
        {
            await SendAsync(socket, bytes);
            await ReceiveAsync(socket, 1);
        }
        else
        {
            await ReceiveAsync(socket, bytes);
        }
    }

    private static async Task AnswerAsync(Socket socket)
    {
        using (socket)
        {
            var request = new byte[9];
            for (var read = 0; read < request.Length;)
                read += await socket.ReceiveAsync(request.AsMemory(read));
            var bytes = BinaryPrimitives.ReadInt64LittleEndian(request.AsSpan(1));
            if (request[0] == 'S')
            {
                await ReceiveAsync(socket, bytes);
                await socket.SendAsync(request.AsMemory(0, 1));
            }
            else
            {
                await SendAsync(socket, bytes);
            }
        }
    }

    private static async Task SendAsync(Socket socket, long bytes)
    {
        var chunk = new byte[ChunkBytes];
        new Random(1).NextBytes(chunk);
        for (long sent = 0; sent < bytes;)
            sent += await socket.SendAsync(chunk.AsMemory(0, (int)Math.Min(chunk.Length, bytes - sent)));
    }

    private static async Task ReceiveAsync(Socket socket, long bytes)
    {
        var chunk = new byte[ChunkBytes];
        for (long received = 0; received < bytes;)
        {
            var read = await socket.ReceiveAsync(chunk.AsMemory(0, (int)Math.Min(chunk.Length, bytes - received)));
            if (read == 0)
                throw new IOException("The peer closed the connection early.");
            received += read;
        }
    }
}
