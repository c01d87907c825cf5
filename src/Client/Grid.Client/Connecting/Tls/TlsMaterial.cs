using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Grid.Client.Connecting.Tls;

/// <summary>
/// What one state of the files gave: our certificate and the CAs we trust. Immutable, swapped as a whole. It is never disposed by hand: a handshake may still use
/// it after it was replaced, and the native handles go with the garbage.
/// </summary>
/// <param name="Own">Our certificate with its key and what stands between it and the CA; null: a client without one.</param>
/// <param name="Roots">The CAs we trust; null: those of the operating system.</param>
/// <param name="Digest">Of the bytes of the files it was made from.</param>
internal sealed record TlsMaterial(SslStreamCertificateContext? Own, X509Certificate2Collection? Roots, string Digest)
{
    public X509Certificate2? Leaf => Own?.TargetCertificate;

    /// <summary>How a peer's chain is judged: up to our CAs and no others, at the given time. Revocation lists are not asked: certificates of a private CA are short-lived instead.</summary>
    public X509ChainPolicy Policy(DateTimeOffset now)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true, VerificationTime = now.LocalDateTime };
        if (Roots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(Roots);
        }

        return policy;
    }
}
