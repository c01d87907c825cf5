using System.Net.Sockets;

namespace Grid.Abstractions;

/// <summary>Calls a node's data port with a ticket.</summary>
public static class DataPortClient
{
    /// <summary>Connects, presents the ticket, and returns when the server accepted it. The reader owns the connection.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Timeout"/>: nobody answers in time; <see cref="GridErrorCode.InvalidArgument"/>: the ticket is refused;
    /// <see cref="GridErrorCode.Corrupt"/>: the other side is no data port.</exception>
    /// <exception cref="SocketException">The host cannot be reached.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<DataPortReader> ConnectAsync(StreamTicket ticket, DataPortClientOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (ticket.Ticket.IsDefault || ticket.Ticket.Length != DataPortFormat.TicketBytes || ticket.Port is < 1 or > 65_535)
            throw new GridException(GridErrorCode.InvalidArgument, $"The ticket for {ticket.Host}:{ticket.Port} is none; ask for another one.");

        using var limit = new IdleLimit(options.ConnectTimeout, time, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            var step = limit.Begin();
            await socket.ConnectAsync(ticket.Host, ticket.Port, step).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Wrap is { } wrap)
                stream = await wrap(stream, ticket.Host, step).ConfigureAwait(false);
            await SayHelloAsync(stream, ticket, step).ConfigureAwait(false);
            return new DataPortReader(stream, options.IdleTimeout, time);
        }
        catch (Exception failure)
        {
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
            if (failure is OperationCanceledException cancelled)
                throw limit.Translate(cancelled);
            throw;
        }
    }

    private static async Task SayHelloAsync(Stream stream, StreamTicket ticket, CancellationToken cancellationToken)
    {
        var bytes = new byte[DataPortFormat.HelloBytes];
        DataPortFormat.WriteHello(bytes, ticket.Ticket.AsSpan());
        await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        var answer = bytes.AsMemory(0, DataPortFormat.ReplyBytes);
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        var reply = DataPortFormat.ReadReply(answer.Span)
            ?? throw new GridException(GridErrorCode.Corrupt, $"{ticket.Host}:{ticket.Port} answers, but is no data port; check the node's address.");
        if (reply != DataPortReply.Accepted)
            throw new GridException(GridErrorCode.InvalidArgument, $"The data port {ticket.Host}:{ticket.Port} refused the ticket: {reply}. Ask for another one.");
    }
}
