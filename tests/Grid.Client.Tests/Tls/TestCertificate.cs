using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Grid.Client.Tests.Tls;

/// <summary>A certificate with its key, as files in several forms.</summary>
internal sealed class TestCertificate
{
    public const string Password = "not a secret";

    public TestCertificate(string folder, string name, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        Thumbprint = certificate.Thumbprint;
        (CertificateFile, KeyFile) = (Path.Combine(folder, $"{name}.crt"), Path.Combine(folder, $"{name}.key"));
        (BothFile, EncryptedKeyFile, PfxFile) = (Path.Combine(folder, $"{name}.both.pem"), Path.Combine(folder, $"{name}.encrypted.key"), Path.Combine(folder, $"{name}.pfx"));
        var (pem, keyPem) = (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificateFile, pem);
        File.WriteAllText(KeyFile, keyPem);
        File.WriteAllText(BothFile, pem + "\n" + keyPem);
        File.WriteAllText(EncryptedKeyFile, key.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        File.WriteAllBytes(PfxFile, certificate.Export(X509ContentType.Pkcs12, Password));
    }

    public string Thumbprint { get; }

    public string CertificateFile { get; }

    public string KeyFile { get; }

    public string BothFile { get; }

    public string EncryptedKeyFile { get; }

    public string PfxFile { get; }

    /// <summary>Writes this certificate over another one's files, as a renewal does.</summary>
    public void Replace(TestCertificate other)
    {
        File.Copy(CertificateFile, other.CertificateFile, overwrite: true);
        File.Copy(KeyFile, other.KeyFile, overwrite: true);
    }
}
