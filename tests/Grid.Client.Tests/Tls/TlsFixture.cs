using Grid.Testing.Time;

namespace Grid.Client.Tests.Tls;

/// <summary>A folder with an authority in it, a second one that nobody trusts, a clock, and what was logged.</summary>
internal sealed class TlsFixture : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("grid-tls-tests");

    /// <param name="realTime">For silos, whose own timers need a clock that goes on.</param>
    public TlsFixture(bool realTime = false)
    {
        Time = realTime ? TimeProvider.System : Clock;
        Authority = new TestAuthority(_folder.FullName, "ca", Time.GetUtcNow());
        Stranger = new TestAuthority(_folder.FullName, "other-ca", Time.GetUtcNow());
    }

    public ManualTimeProvider Clock { get; } = new();

    public TimeProvider Time { get; }

    public TestAuthority Authority { get; }

    public TestAuthority Stranger { get; }

    public EventLog Log { get; } = new();

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public GridTlsOptions Options(TestCertificate? own) => new() { CaFile = Authority.CaFile, CertificateFile = own?.CertificateFile, KeyFile = own?.KeyFile };

    public CertificateSource Open(GridTlsOptions options) => CertificateSource.Open(options, Log, Time);

    public void Dispose()
    {
        Authority.Dispose();
        Stranger.Dispose();
        Log.Dispose();
        _folder.Delete(recursive: true);
    }
}
