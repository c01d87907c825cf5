using System.Net.Security;
using System.Security.Authentication;
using Grid.Abstractions;
using Grid.Client.Connecting.Tls;

namespace Grid.Client;

/// <summary>TLS over any stream, with the certificates and rules of a Grid: for ports beside Orleans' own. Both sides must use it.</summary>
public static class TlsStreams
{
    /// <summary>The called side: presents our certificate, judges the caller's.</summary>
    /// <param name="stream">The connection. It belongs to the answer and is disposed with it, and disposed at once where the caller is refused.</param>
    /// <param name="certificates">Our certificate and the CAs we trust.</param>
    /// <param name="caller">Who may call on this port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AuthenticationException">The caller speaks no TLS, presents no certificate where one is required or one that is not trusted, or is too slow; the message says which.</exception>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: we have no certificate.</exception>
    public static Task<SslStream> AuthenticateAsServerAsync(Stream stream, CertificateSource certificates, TlsCaller caller = TlsCaller.Client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(certificates);
        return TlsHandshake.AsServerAsync(stream, certificates, caller, cancellationToken);
    }

    /// <summary>The calling side: judges the node's certificate, presents ours where we have one.</summary>
    /// <param name="stream">The connection. It belongs to the answer and is disposed with it, and disposed at once where the node is refused or refuses us.</param>
    /// <param name="certificates">The CAs we trust and our certificate.</param>
    /// <param name="host">The name or IP address that was called; <see cref="GridTlsOptions.ExpectedHost"/> overrides it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AuthenticationException">The node speaks no TLS, its certificate is not trusted or carries another name, or it refused ours; the message says which.</exception>
    public static Task<SslStream> AuthenticateAsClientAsync(Stream stream, CertificateSource certificates, string host, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(certificates);
        ArgumentNullException.ThrowIfNull(host);
        return TlsHandshake.AsClientAsync(stream, certificates, certificates.Options.ExpectedHost ?? host, cancellationToken);
    }
}
