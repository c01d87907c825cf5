using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Grid.Client.Tests.Tls;

/// <summary>A certificate authority of the test's own, on elliptic curves as docs/security.md makes it.</summary>
internal sealed class TestAuthority : IDisposable
{
    public const string Host = "grid.test";

    private static readonly Oid ForServers = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ForClients = new("1.3.6.1.5.5.7.3.2");

    private readonly DateTimeOffset _now;
    private readonly X509Certificate2 _root;
    private readonly string _folder;

    public TestAuthority(string folder, string name, DateTimeOffset now)
    {
        _folder = folder;
        _now = now;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        _root = request.CreateSelfSigned(now.AddYears(-1), now.AddYears(10));
        CaFile = Path.Combine(folder, $"{name}.pem");
        File.WriteAllText(CaFile, _root.ExportCertificatePem());
    }

    public string CaFile { get; }

    /// <summary>A certificate for nodes: for servers and clients, carrying <see cref="Host"/> and 127.0.0.1.</summary>
    public TestCertificate Node(string name, DateTimeOffset? from = null, DateTimeOffset? until = null) => Issue(name, [ForServers, ForClients], from, until);

    /// <summary>A certificate that is good for clients only.</summary>
    public TestCertificate Client(string name, DateTimeOffset? from = null, DateTimeOffset? until = null) => Issue(name, [ForClients], from, until);

    public void Dispose() => _root.Dispose();

    private TestCertificate Issue(string name, OidCollection usages, DateTimeOffset? from, DateTimeOffset? until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_root, from ?? _now.AddDays(-1), until ?? _now.AddDays(90), RandomNumberGenerator.GetBytes(16));
        using var whole = certificate.CopyWithPrivateKey(key);
        return new TestCertificate(_folder, name, whole);
    }
}
