using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Grid.Client.Connecting.Tls;

/// <summary>
/// Puts TLS between the socket and Orleans. A refused peer is logged and its connection closed before Orleans has seen a byte of it. A connection that closes ends the handshake by what its
/// reads and writes say; its token would race with them, and tell nobody why.
/// </summary>
internal sealed partial class TlsMiddleware(CertificateSource source, ILogger logger)
{
    public async Task AcceptAsync(ConnectionContext context, ConnectionDelegate next, TlsCaller caller)
    {
        SslStream stream;
        try
        {
            stream = await TlsHandshake.AsServerAsync(new TransportStream(context.Transport), source, caller, CancellationToken.None).ConfigureAwait(false);
        }
        catch (AuthenticationException refusal)
        {
            CallerRefused(logger, caller, context.RemoteEndPoint, refusal.Message);
            return; // Orleans closes what comes back
        }

        await RunAsync(context, next, stream).ConfigureAwait(false);
    }

    public async Task CallAsync(ConnectionContext context, ConnectionDelegate next, Func<EndPoint?, string> hostOf)
    {
        SslStream stream;
        var host = source.Options.ExpectedHost ?? hostOf(context.RemoteEndPoint);
        try
        {
            stream = await TlsHandshake.AsClientAsync(new TransportStream(context.Transport), source, host, CancellationToken.None).ConfigureAwait(false);
            source.LastRefusal = null;
        }
        catch (AuthenticationException refusal)
        {
            NodeRefused(logger, context.RemoteEndPoint, refusal.Message);
            var told = new AuthenticationException($"TLS with {context.RemoteEndPoint} failed: {refusal.Message}.", refusal);
            source.LastRefusal = told;
            throw told;
        }

        await RunAsync(context, next, stream).ConfigureAwait(false);
    }

    private static async Task RunAsync(ConnectionContext context, ConnectionDelegate next, SslStream stream)
    {
        var plain = context.Transport;
        try
        {
            await using var transport = new TlsTransport(stream);
            context.Transport = transport;
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            // Orleans disposes the connection with its own transport.
            context.Transport = plain;
        }
    }
}
