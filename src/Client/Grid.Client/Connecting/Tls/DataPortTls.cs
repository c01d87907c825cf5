using Grid.Abstractions;

namespace Grid.Client.Connecting.Tls;

/// <summary>The calling side of data ports, with the certificates of the connection that the tickets came by.</summary>
internal static class DataPortTls
{
    /// <summary>How data ports are called.</summary>
    /// <param name="certificates">The certificates; null: connections are plain.</param>
    /// <param name="nameOf">The name that the certificate must carry, of the host in the ticket; null: that host.</param>
    public static DataPortClientOptions Options(CertificateSource? certificates, Func<string, string>? nameOf = null) => new()
    {
        Wrap = certificates is null ? null
            : async (stream, host, cancellationToken) =>
                await TlsStreams.AuthenticateAsClientAsync(stream, certificates, nameOf?.Invoke(host) ?? host, cancellationToken).ConfigureAwait(false),
    };
}
