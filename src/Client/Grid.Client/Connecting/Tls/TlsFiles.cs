using System.Security.Cryptography;
using Grid.Abstractions;

namespace Grid.Client.Connecting.Tls;

/// <summary>The bytes of the files that the options name, read together, and a digest that tells whether anything changed.</summary>
internal sealed record TlsFiles(byte[]? Certificate, byte[]? Key, byte[]? Ca, string Digest)
{
    /// <summary>A certificate with its chain is a few KiB, a bundle of CAs some hundred.</summary>
    private const int BytesMax = 4 * 1024 * 1024;

    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: a file that is not there, cannot be read, or is too large.</exception>
    public static TlsFiles Read(GridTlsOptions options)
    {
        var (certificate, key, ca) = (Read("CertificateFile", options.CertificateFile), Read("KeyFile", options.KeyFile), Read("CaFile", options.CaFile));
        return new TlsFiles(certificate, key, ca, $"{DigestOf(certificate)} {DigestOf(key)} {DigestOf(ca)}");
    }

    private static byte[]? Read(string option, string? path)
    {
        if (path is null)
            return null;
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > BytesMax)
                throw GridTlsOptions.Refuse($"{option} '{path}' has {file.Length} bytes; legal is up to {BytesMax}.");
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new GridException(GridErrorCode.InvalidArgument, $"TLS: {option} '{path}' cannot be read ({e.Message.TrimEnd('.')}); correct its path or its permissions.", e);
        }
    }

    private static string DigestOf(byte[]? bytes) => bytes is null ? "-" : Convert.ToHexString(SHA256.HashData(bytes));
}
