using System.Net.Sockets;
using System.Security.Authentication;
using Grid.Abstractions;

namespace Grid.Storage.DataPort;

/// <summary>One connection from its first byte to its last. Before the ticket is accepted it costs a task, a socket and 40 bytes.</summary>
internal sealed class DataPortConnection(Socket socket, DataPortServerOptions options, TicketBook tickets, TimeProvider time, DataPortMetrics metrics)
{
    /// <summary>Serves it; never fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            using (var limit = new IdleLimit(options.HandshakeTimeout, time, cancellationToken))
            {
                // One step for all of it: who sends a byte now and then gets no more time than who sends none.
                var step = limit.Begin();
                if (options.Wrap is { } wrap)
                    stream = await wrap(stream, step).ConfigureAwait(false);
                if (await TakeSourceAsync(stream, step).ConfigureAwait(false) is not { } source)
                    return;
                limit.End();
                metrics.Accepted();
                await using (source.ConfigureAwait(false))
                    await ServeAsync(stream, source, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or AuthenticationException or OperationCanceledException or ObjectDisposedException or GridException)
        {
            metrics.Refused(failure is OperationCanceledException ? "timeout" : failure is AuthenticationException ? "tls" : "broken");
        }
        finally
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<IDataSource?> TakeSourceAsync(Stream stream, CancellationToken cancellationToken)
    {
        var bytes = new byte[DataPortFormat.HelloBytes];
        await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        var reply = DataPortFormat.CheckHello(bytes);
        var source = reply == DataPortReply.Accepted ? tickets.Take(DataPortFormat.TicketOf(bytes)) : null;
        if (reply == DataPortReply.Accepted && source is null)
            reply = DataPortReply.UnknownTicket;
        if (source is null)
            metrics.Refused(reply.ToString()); // before the peer learns of it
        try
        {
            var answer = bytes.AsMemory(0, DataPortFormat.ReplyBytes);
            DataPortFormat.WriteReply(answer.Span, reply);
            await stream.WriteAsync(answer, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (source is not null)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        catch (IOException)
        {
            // It did not wait for the refusal, which is counted.
        }

        return source;
    }

    private async Task ServeAsync(Stream stream, IDataSource source, CancellationToken cancellationToken)
    {
        var output = new DataPortOutput(stream, options.IdleTimeout, time, metrics, cancellationToken);
        await using (output.ConfigureAwait(false))
        {
            try
            {
                if (await WriteAsync(source, output, cancellationToken).ConfigureAwait(false) is { } failure)
                {
                    metrics.Broken();
                    await output.FailAsync(failure).ConfigureAwait(false);
                    return;
                }

                await output.EndAsync().ConfigureAwait(false);
                metrics.Completed();
            }
            catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or GridException or ObjectDisposedException)
            {
                metrics.Broken(); // the peer is gone or does not read, or the node stops: nobody is left to be told
            }
        }
    }

    /// <summary>Runs the source; the answer is what its peer is to be told, null: it was sent to its end.</summary>
    private static async Task<GridException?> WriteAsync(IDataSource source, DataPortOutput output, CancellationToken cancellationToken)
    {
        try
        {
            await source.WriteAsync(output, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (GridException refusal)
        {
            return refusal;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return new GridException(GridErrorCode.StorageFailed, $"The node could not read what it sends: {failure.Message}", failure);
        }
    }
}
