using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Grid.Client.Connecting.Tls;

/// <summary>
/// The handshake, the same on every port. When the called side has judged the caller it sends one byte, <see cref="Welcome"/>: in TLS 1.3 the caller's own handshake is over before
/// its certificate is looked at, and without the byte a refusal would look like a connection that broke later.
/// </summary>
internal static class TlsHandshake
{
    private const byte Welcome = 1;
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <exception cref="AuthenticationException">The caller was refused; the message says why. The stream is disposed.</exception>
    public static async Task<SslStream> AsServerAsync(Stream stream, CertificateSource source, TlsCaller caller, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        if (!source.TryEnter())
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new AuthenticationException($"{source.Options.HandshakesMax} handshakes are under way already (HandshakesMax)");
        }

        try
        {
            var material = source.ForCallers().Current;
            var check = new PeerCheck(source.Options, caller, host: "");
            var options = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = material.Own,
                ClientCertificateRequired = check.CertificateRequired,
                RemoteCertificateValidationCallback = check.Accepts,
                CertificateChainPolicy = material.Policy(source.Time.GetUtcNow()),
                EnabledSslProtocols = Protocols,
                AllowRenegotiation = false,
                // Connections live long; a session that is taken up again would skip looking at certificates that have changed since.
                AllowTlsResume = false,
            };
            return await RunAsync(tls, source, check, WelcomeAsync, cancellationToken).ConfigureAwait(false);

            async Task WelcomeAsync(CancellationToken token)
            {
                await tls.AuthenticateAsServerAsync(options, token).ConfigureAwait(false);
                await tls.WriteAsync(new[] { Welcome }, token).ConfigureAwait(false);
                await tls.FlushAsync(token).ConfigureAwait(false);
            }
        }
        finally
        {
            source.Leave();
        }
    }

    /// <exception cref="AuthenticationException">The node was refused, or refused us; the message says why. The stream is disposed.</exception>
    public static Task<SslStream> AsClientAsync(Stream stream, CertificateSource source, string host, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        var material = source.Current;
        var check = new PeerCheck(source.Options, caller: null, host);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = material.Own,
            RemoteCertificateValidationCallback = check.Accepts,
            CertificateChainPolicy = material.Policy(source.Time.GetUtcNow()),
            EnabledSslProtocols = Protocols,
            AllowRenegotiation = false,
            AllowTlsResume = false,
        };
        return RunAsync(tls, source, check, AwaitWelcomeAsync, cancellationToken);

        async Task AwaitWelcomeAsync(CancellationToken token)
        {
            await tls.AuthenticateAsClientAsync(options, token).ConfigureAwait(false);
            var welcome = new byte[1];
            int read;
            try
            {
                read = await tls.ReadAsync(welcome, token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
                throw new AuthenticationException(RefusedUs(material), e);
            }

            if (read == 0)
                throw new AuthenticationException(RefusedUs(material), new IOException("it closed the connection"));
            if (welcome[0] != Welcome)
                throw new AuthenticationException($"it answered the handshake with {welcome[0]} in place of {Welcome}; is it a node of this version?");
        }
    }

    private static async Task<SslStream> RunAsync(SslStream tls, CertificateSource source, PeerCheck check, Func<CancellationToken, Task> handshake, CancellationToken cancellationToken)
    {
        try
        {
            using var timeout = new CancellationTokenSource(source.Options.HandshakeTimeout, source.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            await handshake(either.Token).ConfigureAwait(false);
            return tls;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            if (e is OperationCanceledException && cancellationToken.IsCancellationRequested)
                throw;
            if (e is not (OperationCanceledException or IOException or AuthenticationException or CryptographicException))
                throw;
            throw new AuthenticationException(check.Refusal ?? Explain(e, source.Options), e);
        }
    }

    private static string Explain(Exception failure, GridTlsOptions options) => failure switch
    {
        OperationCanceledException => $"there was no handshake within {options.HandshakeTimeout.TotalSeconds:0.###} s (HandshakeTimeout); does it speak TLS?",
        IOException => $"the connection ended in the middle of the handshake ({failure.Message.TrimEnd('.')}); does it speak TLS?",
        AuthenticationException { InnerException: { } inner } => $"{failure.Message.TrimEnd('.')} ({inner.Message.TrimEnd('.')})",
        _ => $"{failure.Message.TrimEnd('.')}; does it speak TLS?",
    };

    private static string RefusedUs(TlsMaterial material) => material.Leaf is { } leaf
        ? $"it refused our certificate {leaf.Subject} (thumbprint {leaf.Thumbprint}); its log says why"
        : "it refused us, who presented no certificate; where it requires one, name it (--tls-cert FILE --tls-key FILE)";
}
