using Grid.Abstractions;

namespace Grid.Client;

/// <summary>
/// TLS on the wires of a Grid, the same for clients and nodes: who we are (a certificate with its key), whom we trust (a CA of our own), and how the two come from files that may
/// be replaced while the process runs. docs/security.md shows how to make them.
/// </summary>
public sealed record GridTlsOptions
{
    internal static readonly TimeSpan HandshakeLeast = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan HandshakeMost = TimeSpan.FromMinutes(5);
    internal static readonly TimeSpan ReloadLeast = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan ReloadMost = TimeSpan.FromDays(1);

    /// <summary>Whether connections are protected. Naming options at all means yes.</summary>
    public GridTlsMode Mode { get; init; } = GridTlsMode.Required;

    /// <summary>
    /// Our certificate: a PEM file, our own first and those between it and the CA after it, or a PKCS#12 (.pfx) file with its key. Nodes need one; clients need one where the
    /// node asks for it (<see cref="RequireClientCertificate"/>).
    /// </summary>
    public string? CertificateFile { get; init; }

    /// <summary>The private key, a PEM file. Null: it is in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The password of an encrypted key or PKCS#12 file. Null: it has none.</summary>
    public string? Password { get; init; }

    /// <summary>The certificates (PEM) of the CAs that peers' certificates must come from, directly or through certificates that the peer sends.</summary>
    public string? CaFile { get; init; }

    /// <summary>Trust the CAs that the operating system trusts, instead of <see cref="CaFile"/>. Never for nodes: it would let in whoever buys a certificate.</summary>
    public bool SystemTrust { get; init; }

    /// <summary>A node: refuse clients without a certificate from <see cref="CaFile"/>. Other nodes always need one.</summary>
    public bool RequireClientCertificate { get; init; }

    /// <summary>The name (or IP address) that a node's certificate must carry. Null: the host that was called, as a name where it was called by name, else its IP address.</summary>
    public string? ExpectedHost { get; init; }

    /// <summary>False: any certificate from the CA will do for a node, whatever names it carries.</summary>
    public bool CheckHostName { get; init; } = true;

    /// <summary>Longest time for a handshake; 100 ms to 5 min.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the files are looked at for a change; 1 s to 1 day.</summary>
    public TimeSpan ReloadInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most handshakes with callers under way at one time, 1 or more; callers above it are closed at once and may call again.</summary>
    public int HandshakesMax { get; init; } = 1024;

    /// <summary>The options without the password.</summary>
    public override string ToString() =>
        $"{nameof(GridTlsOptions)} {{ Mode = {Mode}, CertificateFile = {CertificateFile}, KeyFile = {KeyFile}, CaFile = {CaFile}, SystemTrust = {SystemTrust}, "
        + $"RequireClientCertificate = {RequireClientCertificate}, ExpectedHost = {ExpectedHost}, CheckHostName = {CheckHostName} }}";

    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the first option that is not legal.</exception>
    internal void Validate()
    {
        if (Mode is not (GridTlsMode.Required or GridTlsMode.Off))
            throw Refuse($"Mode is '{Mode}'; legal are Required and Off.");
        if (HandshakeTimeout < HandshakeLeast || HandshakeTimeout > HandshakeMost)
            throw Refuse($"HandshakeTimeout is {HandshakeTimeout}; legal is {HandshakeLeast} to {HandshakeMost}.");
        if (ReloadInterval < ReloadLeast || ReloadInterval > ReloadMost)
            throw Refuse($"ReloadInterval is {ReloadInterval}; legal is {ReloadLeast} to {ReloadMost}.");
        if (HandshakesMax < 1)
            throw Refuse($"HandshakesMax is {HandshakesMax}; legal is 1 or more.");
        if (CertificateFile is null && KeyFile is not null)
            throw Refuse($"KeyFile is '{KeyFile}' without a CertificateFile; name the certificate, too (--tls-cert FILE).");
        if (CaFile is null && !SystemTrust)
            throw Refuse("CaFile is not set, so that no peer could be trusted; name the file with the CA's certificate (--tls-ca FILE).");
        if (CaFile is not null && SystemTrust)
            throw Refuse($"CaFile is '{CaFile}' and SystemTrust is true; they exclude each other.");
    }

    internal static GridException Refuse(string problem) => new(GridErrorCode.InvalidArgument, "TLS: " + problem);
}
