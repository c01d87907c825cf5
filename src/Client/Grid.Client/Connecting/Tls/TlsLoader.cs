using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grid.Abstractions;

namespace Grid.Client.Connecting.Tls;

/// <summary>Makes certificates from the bytes of files, and refuses what no handshake could use.</summary>
internal static class TlsLoader
{
    private const string PemStart = "-----BEGIN";

    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: not a certificate, a key that is not its, a wrong password, out of its time.</exception>
    public static TlsMaterial Load(GridTlsOptions options, TlsFiles files, DateTimeOffset now)
    {
        var own = files.Certificate is { } bytes ? Own(options, bytes, files.Key, now) : null;
        var roots = files.Ca is { } ca ? Roots(options.CaFile!, ca) : null;
        return new TlsMaterial(own, roots, files.Digest);
    }

    private static SslStreamCertificateContext Own(GridTlsOptions options, byte[] bytes, byte[]? key, DateTimeOffset now)
    {
        try
        {
            var (leaf, between) = IsPem(bytes) ? FromPem(options, bytes, key) : FromPkcs12(options, bytes);
            if (leaf.NotBefore.ToUniversalTime() > now || leaf.NotAfter.ToUniversalTime() < now)
                throw GridTlsOptions.Refuse(
                    $"the certificate in '{options.CertificateFile}' ({leaf.Subject}) is valid from {leaf.NotBefore.ToUniversalTime():u} to {leaf.NotAfter.ToUniversalTime():u}, "
                    + $"and now is {now.UtcDateTime:u}; make a new one.");
            return SslStreamCertificateContext.Create(leaf, between, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new GridException(GridErrorCode.InvalidArgument,
                $"TLS: '{options.CertificateFile}' and its key {(options.KeyFile is null ? "in the same file" : $"'{options.KeyFile}'")} cannot be used ({e.Message.TrimEnd('.')}); "
                + "they must be a certificate (PEM or PKCS#12), the private key that belongs to it, and the password where there is one.", e);
        }
    }

    private static (X509Certificate2 Leaf, X509Certificate2Collection Between) FromPem(GridTlsOptions options, byte[] bytes, byte[]? key)
    {
        var certificates = Encoding.UTF8.GetString(bytes);
        var keyText = key is null ? certificates : Encoding.UTF8.GetString(key);
        var leaf = options.Password is null ? X509Certificate2.CreateFromPem(certificates, keyText) : X509Certificate2.CreateFromEncryptedPem(certificates, keyText, options.Password);
        var between = new X509Certificate2Collection();
        between.ImportFromPem(certificates);
        between.RemoveAt(0); // the leaf itself, first by custom and by what CreateFromPem reads
        return (Lasting(leaf), between);
    }

    private static (X509Certificate2 Leaf, X509Certificate2Collection Between) FromPkcs12(GridTlsOptions options, byte[] bytes)
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(bytes, options.Password, OperatingSystem.IsLinux() ? X509KeyStorageFlags.EphemeralKeySet : X509KeyStorageFlags.DefaultKeySet);
        var leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw new CryptographicException("the file holds no private key");
        all.Remove(leaf);
        return (leaf, all);
    }

    // Windows' TLS does not take a key that lives in memory only.
    private static X509Certificate2 Lasting(X509Certificate2 certificate) =>
        OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null) : certificate;

    private static X509Certificate2Collection Roots(string path, byte[] bytes)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            if (IsPem(bytes))
                roots.ImportFromPem(Encoding.UTF8.GetString(bytes));
            else
                roots.Add(X509CertificateLoader.LoadCertificate(bytes));
        }
        catch (CryptographicException e)
        {
            throw new GridException(GridErrorCode.InvalidArgument, $"TLS: CaFile '{path}' is not a certificate ({e.Message.TrimEnd('.')}); it must hold one or more in PEM.", e);
        }

        return roots.Count > 0 ? roots : throw GridTlsOptions.Refuse($"CaFile '{path}' holds no certificate; it must hold one or more in PEM.");
    }

    private static bool IsPem(byte[] bytes) => bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(PemStart)) >= 0;
}
