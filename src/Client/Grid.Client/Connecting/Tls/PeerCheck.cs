using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Grid.Client.Connecting.Tls;

/// <summary>Judges a peer's certificate in one handshake and remembers why it was refused.</summary>
/// <param name="options">The options.</param>
/// <param name="caller">Who is calling us; null: we call a node.</param>
/// <param name="host">The name that the node we call must carry.</param>
internal sealed class PeerCheck(GridTlsOptions options, TlsCaller? caller, string host)
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";

    /// <summary>Why the peer was refused; null: it was not, or did not come so far.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Whether whoever calls us must show a certificate.</summary>
    public bool CertificateRequired => caller is TlsCaller.Node || options.RequireClientCertificate;

    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Refusal = certificate is X509Certificate2 peer ? Judge(peer, chain, errors) : caller is not null && !CertificateRequired ? null : "it presented no certificate";
        return Refusal is null;
    }

    private string? Judge(X509Certificate2 peer, X509Chain? chain, SslPolicyErrors errors)
    {
        var name = $"its certificate {peer.Subject} (thumbprint {peer.Thumbprint})";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            return $"{name} is not trusted: {(chain is null ? "no chain" : string.Join(", ", chain.ChainStatus.Select(status => status.Status)))}, valid from {peer.NotBefore.ToUniversalTime():u} to {peer.NotAfter.ToUniversalTime():u}";
        if (caller is null && options.CheckHostName && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return $"{name} does not carry the name '{host}' (set ExpectedHost to one that it carries, or put the address in its subject alternative names)";
        if (caller is not TlsCaller.Node)
            return null;
        if (!IsForServers(peer))
            return $"{name} is one for clients only, and other nodes need one for servers and clients";
        return options is { CheckHostName: true, ExpectedHost: { } expected } && !Carries(peer, expected) ? $"{name} does not carry the nodes' name '{expected}'" : null;
    }

    // Without the extension a certificate is good for any use.
    private static bool IsForServers(X509Certificate2 peer) =>
        peer.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is not { } usages || usages.EnhancedKeyUsages.Cast<Oid>().Any(usage => usage.Value == ServerUsage);

    private static bool Carries(X509Certificate2 peer, string name)
    {
        try
        {
            return peer.MatchesHostname(name);
        }
        catch (ArgumentException)
        {
            return false; // the option is no host name: then nobody carries it
        }
    }
}
