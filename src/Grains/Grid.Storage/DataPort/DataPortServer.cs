using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Grid.Abstractions;

namespace Grid.Storage.DataPort;

/// <summary>
/// A node's data port (docs/formats.md, "Data port"): bulk beside the grain calls, so that large messages hold up no small ones. It serves whoever has a ticket.
/// </summary>
public sealed class DataPortServer : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);
    private readonly DataPortServerOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private readonly Socket _listener;
    private readonly Task _accepting;
    private readonly Task _sweeping;
    private int _open;
    private int _disposed;

    /// <summary>Listens.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: an option, or the port is taken.</exception>
    public DataPortServer(DataPortServerOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _options = options;
        _time = time;
        Tickets = new TicketBook(options.TicketLife, options.TicketsMax, time);
        _listener = Listen(options.Listen);
        Metrics = new DataPortMetrics();
        _accepting = Task.Run(AcceptAsync);
        _sweeping = Task.Run(SweepAsync);
    }

    /// <summary>The address and port that are really bound.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>The tickets that wait to be used.</summary>
    public TicketBook Tickets { get; }

    /// <summary>The instruments.</summary>
    public DataPortMetrics Metrics { get; }

    /// <summary>Gives a ticket for a source, which is the port's from here on.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Busy"/>, <see cref="GridErrorCode.Closing"/>; the source stays the caller's.</exception>
    public StreamTicket Issue(IDataSource source)
    {
        var (ticket, expiresAtMs) = Tickets.Issue(source);
        return new StreamTicket { Host = _options.Host, Port = EndPoint.Port, Ticket = ticket, ExpiresAtMs = expiresAtMs };
    }

    /// <summary>Closes the port and all connections; returns when nobody reads for them any more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        await _sweeping.ConfigureAwait(false);
        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        await Tickets.DisposeAsync().ConfigureAwait(false);
        Metrics.Dispose();
        _stop.Dispose();
    }

    private static Socket Listen(IPEndPoint endPoint)
    {
        const int Backlog = 128;
        var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(endPoint);
            listener.Listen(Backlog);
            return listener;
        }
        catch (SocketException failure)
        {
            listener.Dispose();
            throw new GridException(GridErrorCode.InvalidArgument, $"The data port cannot listen on {endPoint}: {failure.Message}. Choose another port, or -1 for any.", failure);
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Serve(await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // A peer that gave up while it waited, or too many open files: the next one may do better.
                if (!_stop.IsCancellationRequested)
                    await Task.Delay(PauseAfterFailure, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Serve(Socket socket)
    {
        if (Interlocked.Increment(ref _open) > _options.ConnectionsMax)
        {
            Interlocked.Decrement(ref _open);
            Metrics.Refused("full");
            socket.Dispose();
            return;
        }

        Metrics.Opened();
        socket.NoDelay = true;
        var started = new TaskCompletionSource();
        _connections[socket] = Task.Run(async () =>
        {
            await started.Task.ConfigureAwait(false);
            try
            {
                await new DataPortConnection(socket, _options, Tickets, _time, Metrics).RunAsync(_stop.Token).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _open);
                Metrics.Closed();
                _connections.TryRemove(socket, out _);
            }
        });
        started.SetResult(); // only now may it remove itself
    }

    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(_options.TicketLife / 2, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
                await Tickets.SweepAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The port closes.
        }
    }
}
