using Grid.Abstractions;

namespace Grid.Client.Tests.Tls;

public sealed class CertificateSourceTests
{
    private const int Loaded = 6001;
    private const int ReloadRefused = 6003;
    private const int ExpiresSoon = 6004;

    [Fact]
    public void A_certificate_is_read_from_every_form_of_file()
    {
        using var tls = new TlsFixture();
        var own = tls.Authority.Node("own");
        GridTlsOptions[] forms =
        [
            tls.Options(own),
            tls.Options(own) with { CertificateFile = own.BothFile, KeyFile = null },
            tls.Options(own) with { KeyFile = own.EncryptedKeyFile, Password = TestCertificate.Password },
            tls.Options(own) with { CertificateFile = own.PfxFile, KeyFile = null, Password = TestCertificate.Password },
        ];

        foreach (var form in forms)
        {
            using var source = tls.Open(form);
            Assert.Equal(own.Thumbprint, source.Thumbprint);
        }
    }

    [Fact]
    public void What_no_handshake_could_use_is_refused_at_the_start_with_the_file_and_what_to_do()
    {
        using var tls = new TlsFixture();
        var own = tls.Authority.Node("own");
        var other = tls.Authority.Node("other");
        var now = tls.Clock.GetUtcNow();
        File.WriteAllText(tls.Path("empty"), "");
        File.WriteAllText(tls.Path("key"), File.ReadAllText(own.KeyFile));
        (GridTlsOptions Options, string Message)[] refused =
        [
            (tls.Options(own) with { CertificateFile = tls.Path("nowhere") }, tls.Path("nowhere")),
            (tls.Options(own) with { KeyFile = other.KeyFile }, other.KeyFile),
            (tls.Options(own) with { KeyFile = own.EncryptedKeyFile, Password = "wrong" }, own.EncryptedKeyFile),
            (tls.Options(own) with { CaFile = tls.Path("empty") }, "is not a certificate"),
            (tls.Options(own) with { CaFile = tls.Path("key") }, "holds no certificate"),
            (tls.Options(own) with { CaFile = null }, "--tls-ca"),
            (tls.Options(own) with { CertificateFile = null }, "--tls-cert"),
            (tls.Options(own) with { SystemTrust = true }, "exclude each other"),
            (tls.Options(own) with { ReloadInterval = TimeSpan.Zero }, "ReloadInterval is 00:00:00; legal is 00:00:01"),
            (tls.Options(own) with { HandshakeTimeout = TimeSpan.Zero }, "HandshakeTimeout is 00:00:00; legal is 00:00:00.1"),
            (tls.Options(own) with { HandshakesMax = 0 }, "HandshakesMax is 0; legal is 1"),
            (tls.Options(tls.Authority.Node("expired", now.AddDays(-9), now.AddDays(-1))), "make a new one"),
            (tls.Options(tls.Authority.Node("early", now.AddDays(1), now.AddDays(9))), "make a new one"),
        ];

        foreach (var (options, message) in refused)
        {
            var refusal = Assert.Throws<GridException>(() => tls.Open(options));
            Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
            Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_password_is_not_shown() =>
        Assert.DoesNotContain("secret", (new GridTlsOptions { Password = "secret" }).ToString(), StringComparison.Ordinal);

    [Fact]
    public async Task Replaced_files_are_taken_at_the_next_look()
    {
        using var tls = new TlsFixture();
        var (own, renewed) = (tls.Authority.Node("own"), tls.Authority.Node("renewed"));
        await using var source = tls.Open(tls.Options(own));
        tls.Clock.WaitUntilArmed(1);
        renewed.Replace(own);

        tls.Clock.Advance(source.Options.ReloadInterval);

        await tls.Log.FirstAsync(Loaded, renewed.Thumbprint);
        Assert.Equal(renewed.Thumbprint, source.Thumbprint);
    }

    [Fact]
    public void Files_that_have_not_changed_are_left_alone()
    {
        using var tls = new TlsFixture();
        using var source = tls.Open(tls.Options(tls.Authority.Node("own")));
        var before = source.Current;

        Assert.False(source.Reload());
        Assert.Same(before, source.Current);
    }

    [Fact]
    public void A_broken_replacement_keeps_the_old_certificate_and_is_told_once()
    {
        using var tls = new TlsFixture();
        var (own, renewed) = (tls.Authority.Node("own"), tls.Authority.Node("renewed"));
        using var source = tls.Open(tls.Options(own));
        var thumbprint = source.Thumbprint;

        // The certificate is new, its key is not there yet: half of a renewal.
        File.Copy(renewed.CertificateFile, own.CertificateFile, overwrite: true);
        Assert.False(source.Reload());
        Assert.False(source.Reload());
        Assert.Equal(thumbprint, source.Thumbprint);
        Assert.Contains(own.CertificateFile, Assert.Single(tls.Log.Of(ReloadRefused)), StringComparison.Ordinal);

        File.WriteAllText(own.CertificateFile, "nonsense");
        Assert.False(source.Reload());
        File.Delete(own.CertificateFile);
        Assert.False(source.Reload());
        Assert.Equal(thumbprint, source.Thumbprint);
        Assert.Equal(3, tls.Log.Of(ReloadRefused).Length);

        renewed.Replace(own);
        Assert.True(source.Reload());
        Assert.Equal(renewed.Thumbprint, source.Thumbprint);
    }

    [Fact]
    public void A_certificate_that_ends_soon_is_told_once_a_day()
    {
        using var tls = new TlsFixture();
        using var source = tls.Open(tls.Options(tls.Authority.Node("own", until: tls.Clock.GetUtcNow().AddDays(10))));
        source.Reload();
        Assert.Empty(tls.Log.Of(ExpiresSoon));

        tls.Clock.Jump(TimeSpan.FromDays(4));
        source.Reload();
        source.Reload();
        Assert.Single(tls.Log.Of(ExpiresSoon));
        tls.Clock.Jump(TimeSpan.FromDays(1));
        source.Reload();
        Assert.Equal(2, tls.Log.Of(ExpiresSoon).Length);
    }
}
