using Microsoft.Extensions.Logging;

namespace Grid.Client;

public sealed partial class CertificateSource
{
    [LoggerMessage(6001, LogLevel.Information, "New connections present the certificate {Subject}, thumbprint {Thumbprint}, valid until {NotAfter:u}.")]
    private static partial void Loaded(ILogger logger, string subject, string thumbprint, DateTime notAfter);

    [LoggerMessage(6002, LogLevel.Information, "New connections trust {Count} certificate authorities of our own and present no certificate.")]
    private static partial void LoadedTrust(ILogger logger, int count);

    [LoggerMessage(6003, LogLevel.Warning, "The certificate files have changed but cannot be used; the old certificates stay in force. {Reason}")]
    private static partial void ReloadRefused(ILogger logger, string reason);

    [LoggerMessage(6004, LogLevel.Warning, "The certificate in {File} ends at {NotAfter:u}; replace the files before that, no restart is needed.")]
    private static partial void ExpiresSoon(ILogger logger, string? file, DateTime notAfter);
}
