using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Grid.Client.Tests.Tls;

public sealed class TlsStreamsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Two_sides_of_one_authority_talk()
    {
        using var tls = new TlsFixture();
        using var node = tls.Open(tls.Options(tls.Authority.Node("node")));
        using var client = tls.Open(tls.Options(null));
        using var pair = await TcpPair.OpenAsync();

        var (called, caller) = await SucceedAsync(pair, node, client);

        await EchoAsync(called, caller);
        Assert.Equal(node.Thumbprint, new X509Certificate2(caller.RemoteCertificate!).Thumbprint);
        Assert.Null(called.RemoteCertificate);
    }

    [Fact]
    public async Task A_client_and_a_node_show_their_certificates_where_they_must()
    {
        using var tls = new TlsFixture();
        using var node = tls.Open(tls.Options(tls.Authority.Node("node")) with { RequireClientCertificate = true });
        using var client = tls.Open(tls.Options(tls.Authority.Client("client")));
        using var pair = await TcpPair.OpenAsync();
        var (called, _) = await SucceedAsync(pair, node, client);
        Assert.Equal(client.Thumbprint, new X509Certificate2(called.RemoteCertificate!).Thumbprint);

        using var peers = await TcpPair.OpenAsync();
        using var other = tls.Open(tls.Options(tls.Authority.Node("other")));
        (called, _) = await SucceedAsync(peers, node, other, TlsCaller.Node);
        Assert.Equal(other.Thumbprint, new X509Certificate2(called.RemoteCertificate!).Thumbprint);
    }

    [Fact]
    public async Task A_node_that_cannot_be_trusted_is_refused_with_the_reason()
    {
        using var tls = new TlsFixture();
        var node = tls.Authority.Node("node", until: tls.Clock.GetUtcNow().AddDays(30));
        using var client = tls.Open(tls.Options(null));
        using (var stranger = tls.Open(tls.Options(tls.Stranger.Node("stranger"))))
            Assert.Contains("CN=stranger", await CallerFailsAsync(stranger, client), StringComparison.Ordinal);
        using (var clientOnly = tls.Open(tls.Options(tls.Authority.Client("client-only"))))
            Assert.Contains("NotValidForUsage", await CallerFailsAsync(clientOnly, client), StringComparison.Ordinal);
        using var source = tls.Open(tls.Options(node));
        Assert.Contains("does not carry the name 'elsewhere'", await CallerFailsAsync(source, client, "elsewhere"), StringComparison.Ordinal);
        using (var expecting = tls.Open(tls.Options(null) with { ExpectedHost = "db.grid.test" }))
            Assert.Contains("does not carry the name 'db.grid.test'", await CallerFailsAsync(source, expecting), StringComparison.Ordinal);

        tls.Clock.Jump(TimeSpan.FromDays(31));
        Assert.Contains("NotTimeValid", await CallerFailsAsync(source, client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_name_that_is_expected_may_be_another_or_none()
    {
        using var tls = new TlsFixture();
        using var node = tls.Open(tls.Options(tls.Authority.Node("node")));
        using var expecting = tls.Open(tls.Options(null) with { ExpectedHost = TestAuthority.Host });
        using var pair = await TcpPair.OpenAsync();
        await SucceedAsync(pair, node, expecting, host: "10.0.0.1");

        using var careless = tls.Open(tls.Options(null) with { CheckHostName = false });
        using var other = await TcpPair.OpenAsync();
        await SucceedAsync(other, node, careless, host: "10.0.0.1");
    }

    [Fact]
    public async Task A_caller_that_cannot_be_trusted_is_refused_and_both_sides_know()
    {
        using var tls = new TlsFixture();
        using var node = tls.Open(tls.Options(tls.Authority.Node("node")) with { RequireClientCertificate = true });
        var now = tls.Clock.GetUtcNow();
        var expiring = tls.Options(tls.Authority.Client("expiring", until: now.AddDays(1)));
        (CertificateSource Caller, TlsCaller As, string Reason)[] callers =
        [
            (tls.Open(tls.Options(null)), TlsCaller.Client, "it presented no certificate"),
            (tls.Open(tls.Options(null)), TlsCaller.Node, "it presented no certificate"),
            (tls.Open(tls.Options(tls.Stranger.Client("stranger"))), TlsCaller.Client, "CN=stranger"),
            (tls.Open(tls.Options(tls.Authority.Client("client"))), TlsCaller.Node, "is one for clients only"),
            (tls.Open(expiring), TlsCaller.Client, "NotTimeValid"),
        ];
        tls.Clock.Jump(TimeSpan.FromDays(2));

        foreach (var (caller, role, reason) in callers)
        {
            using var pair = await TcpPair.OpenAsync();
            var serving = TlsStreams.AuthenticateAsServerAsync(pair.Called, node, role);
            var calling = TlsStreams.AuthenticateAsClientAsync(pair.Caller, caller, TestAuthority.Host);
            Assert.Contains(reason, (await Assert.ThrowsAsync<AuthenticationException>(() => serving.WaitAsync(Patience))).Message, StringComparison.Ordinal);
            Assert.Contains("it refused ", (await Assert.ThrowsAsync<AuthenticationException>(() => calling.WaitAsync(Patience))).Message, StringComparison.Ordinal);
            caller.Dispose();
        }
    }

    [Fact]
    public async Task A_node_must_carry_the_nodes_name_where_one_is_expected()
    {
        using var tls = new TlsFixture();
        using var node = tls.Open(tls.Options(tls.Authority.Node("node")) with { ExpectedHost = "other.test" });
        using var caller = tls.Open(tls.Options(tls.Authority.Node("caller")));
        using var pair = await TcpPair.OpenAsync();

        var serving = TlsStreams.AuthenticateAsServerAsync(pair.Called, node, TlsCaller.Node);
        _ = TlsStreams.AuthenticateAsClientAsync(pair.Caller, caller, TestAuthority.Host);

        Assert.Contains("does not carry the nodes' name 'other.test'", (await Assert.ThrowsAsync<AuthenticationException>(() => serving.WaitAsync(Patience))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_speaks_no_tls_is_refused()
    {
        using var tls = new TlsFixture();
        using var node = tls.Open(tls.Options(tls.Authority.Node("node")));
        using var pair = await TcpPair.OpenAsync();
        var serving = TlsStreams.AuthenticateAsServerAsync(pair.Called, node);
        await pair.Caller.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());

        Assert.Contains("does it speak TLS?", (await Assert.ThrowsAsync<AuthenticationException>(() => serving.WaitAsync(Patience))).Message, StringComparison.Ordinal);
        Assert.Equal(0, await ReadToEndAsync(pair.Caller));
    }

    [Fact]
    public async Task A_node_that_speaks_no_tls_is_refused()
    {
        using var tls = new TlsFixture();
        using var client = tls.Open(tls.Options(null));
        using var pair = await TcpPair.OpenAsync();
        var calling = TlsStreams.AuthenticateAsClientAsync(pair.Caller, client, TestAuthority.Host);
        await pair.Called.WriteAsync("220 hello\r\n"u8.ToArray());

        Assert.Contains("does it speak TLS?", (await Assert.ThrowsAsync<AuthenticationException>(() => calling.WaitAsync(Patience))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_says_nothing_is_closed_in_time_and_one_too_many_at_once()
    {
        using var tls = new TlsFixture();
        using var node = tls.Open(tls.Options(tls.Authority.Node("node")) with { HandshakesMax = 1 });
        using var client = tls.Open(tls.Options(null));
        using (var silent = await TcpPair.OpenAsync())
        {
            var serving = TlsStreams.AuthenticateAsServerAsync(silent.Called, node);
            tls.Clock.WaitUntilArmed(3); // two sources that watch their files, and the handshake
            using var many = await TcpPair.OpenAsync();
            var refusal = await Assert.ThrowsAsync<AuthenticationException>(() => TlsStreams.AuthenticateAsServerAsync(many.Called, node));
            Assert.Contains("HandshakesMax", refusal.Message, StringComparison.Ordinal);
            tls.Clock.Advance(node.Options.HandshakeTimeout);
            Assert.Contains("within 10 s", (await Assert.ThrowsAsync<AuthenticationException>(() => serving.WaitAsync(Patience))).Message, StringComparison.Ordinal);
        }

        using var next = await TcpPair.OpenAsync();
        await SucceedAsync(next, node, client);
    }

    [Fact]
    public async Task After_a_renewal_new_connections_get_the_new_certificate_and_old_ones_go_on()
    {
        using var tls = new TlsFixture();
        var (own, renewed) = (tls.Authority.Node("own"), tls.Authority.Node("renewed"));
        using var node = tls.Open(tls.Options(own));
        using var client = tls.Open(tls.Options(null));
        using var before = await TcpPair.OpenAsync();
        var old = await SucceedAsync(before, node, client);

        renewed.Replace(own);
        Assert.True(node.Reload());
        using var after = await TcpPair.OpenAsync();
        var young = await SucceedAsync(after, node, client);

        Assert.Equal(own.Thumbprint, new X509Certificate2(old.Caller.RemoteCertificate!).Thumbprint);
        Assert.Equal(renewed.Thumbprint, new X509Certificate2(young.Caller.RemoteCertificate!).Thumbprint);
        await EchoAsync(old.Called, old.Caller);
        await EchoAsync(young.Called, young.Caller);
    }

    [Fact]
    public async Task A_replaced_authority_is_the_only_one_trusted_afterwards()
    {
        using var tls = new TlsFixture();
        var trusted = tls.Path("trusted.pem");
        File.Copy(tls.Authority.CaFile, trusted);
        using var node = tls.Open(tls.Options(tls.Authority.Node("node")) with { RequireClientCertificate = true, CaFile = trusted });
        using var known = tls.Open(tls.Options(tls.Authority.Client("known")));
        using (var pair = await TcpPair.OpenAsync())
            await SucceedAsync(pair, node, known);

        File.Copy(tls.Stranger.CaFile, trusted, overwrite: true);
        Assert.True(node.Reload());

        using var second = await TcpPair.OpenAsync();
        var serving = TlsStreams.AuthenticateAsServerAsync(second.Called, node);
        _ = TlsStreams.AuthenticateAsClientAsync(second.Caller, known, TestAuthority.Host);
        Assert.Contains("CN=known", (await Assert.ThrowsAsync<AuthenticationException>(() => serving.WaitAsync(Patience))).Message, StringComparison.Ordinal);
    }

    private static async Task<(SslStream Called, SslStream Caller)> SucceedAsync(
        TcpPair pair, CertificateSource node, CertificateSource client, TlsCaller role = TlsCaller.Client, string host = TestAuthority.Host)
    {
        var serving = TlsStreams.AuthenticateAsServerAsync(pair.Called, node, role);
        var calling = TlsStreams.AuthenticateAsClientAsync(pair.Caller, client, host);
        return (await serving.WaitAsync(Patience), await calling.WaitAsync(Patience));
    }

    private static async Task<string> CallerFailsAsync(CertificateSource node, CertificateSource client, string host = TestAuthority.Host)
    {
        using var pair = await TcpPair.OpenAsync();
        var serving = TlsStreams.AuthenticateAsServerAsync(pair.Called, node);
        var refusal = await Assert.ThrowsAsync<AuthenticationException>(() => TlsStreams.AuthenticateAsClientAsync(pair.Caller, client, host).WaitAsync(Patience));
        await IsOverAsync(serving);
        return refusal.Message;
    }

    /// <summary>In TLS 1.3 the called side may be through before the caller has judged it; then it sees a connection that ends without a byte.</summary>
    private static async Task IsOverAsync(Task<SslStream> serving)
    {
        try
        {
            Assert.Equal(0, await ReadToEndAsync(await serving.WaitAsync(Patience)));
        }
        catch (AuthenticationException)
        {
            // It was told in time.
        }
    }

    private static async Task EchoAsync(SslStream called, SslStream caller)
    {
        await caller.WriteAsync("ping"u8.ToArray());
        var heard = new byte[4];
        await called.ReadExactlyAsync(heard).AsTask().WaitAsync(Patience);
        await called.WriteAsync(heard);
        await caller.ReadExactlyAsync(heard).AsTask().WaitAsync(Patience);
        Assert.Equal("ping"u8.ToArray(), heard);
    }

    private static async Task<int> ReadToEndAsync(Stream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience);
        }
        catch (IOException)
        {
            return 0; // closed with bytes unread: a reset
        }
    }
}
