using System.Net.Sockets;
using Grid.Abstractions;
using Grid.Storage.DataPort;

namespace Grid.Storage.Tests.DataPort;

/// <summary>A data port on this machine, and callers of it.</summary>
internal sealed class TestPort : IAsyncDisposable
{
    private readonly TimeProvider _time;

    public TestPort(DataPortServerOptions? options = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Server = new DataPortServer(options ?? new DataPortServerOptions(), _time);
    }

    public DataPortServer Server { get; }

    public Task<DataPortReader> OpenAsync(IDataSource source, DataPortClientOptions? options = null) => CallAsync(Server.Issue(source), options);

    public Task<DataPortReader> CallAsync(StreamTicket ticket, DataPortClientOptions? options = null) =>
        DataPortClient.ConnectAsync(ticket, options ?? new DataPortClientOptions(), _time, CancellationToken.None);

    /// <summary>A connection that says what the test wants.</summary>
    public async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Server.EndPoint);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>All data to the end.</summary>
    public static async Task<byte[]> ReadAllAsync(DataPortReader reader)
    {
        using var all = new MemoryStream();
        await using (reader)
        {
            while (await reader.NextAsync(default) is >= 0 and var length)
            {
                var payload = new byte[length];
                await reader.ReadAsync(payload, default);
                all.Write(payload);
            }
        }

        return all.ToArray();
    }

    public static async Task<GridException> RefusedAsync(GridErrorCode code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<GridException>(call);
        Assert.True(code == refusal.Code, $"{code} expected, {refusal.Code}: {refusal.Message}");
        return refusal;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>Writes what a test says and notes when it was disposed.</summary>
internal sealed class TestSource(Func<DataPortOutput, CancellationToken, Task> write) : IDataSource
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Disposed => _disposed.Task;

    public static TestSource Of(params byte[][] packets) => new(async (output, _) =>
    {
        foreach (var packet in packets)
            await output.SendAsync(packet.AsMemory());
    });

    public Task WriteAsync(DataPortOutput output, CancellationToken cancellationToken) => write(output, cancellationToken);

    public ValueTask DisposeAsync()
    {
        Assert.True(_disposed.TrySetResult(), "The source was disposed twice.");
        return ValueTask.CompletedTask;
    }
}
