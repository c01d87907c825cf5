using System.Diagnostics;
using System.Security.Authentication;
using Grid.Abstractions;
using Grid.Client.Connecting;
using Grid.Silo;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Runtime;

namespace Grid.Client.Tests.Tls;

/// <summary>Real silos with real ports: the gateway and the silo port under TLS.</summary>
public sealed class TlsClusterTests
{
    private const int CallerRefused = 6011;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private sealed record Row([property: Key] long Id, string Text);

    [Fact]
    public async Task A_client_of_the_right_authority_writes_and_reads()
    {
        using var tls = new TlsFixture(realTime: true);
        await using var node = await TlsNode.StartAsync(tls, "node", tls.Options(tls.Authority.Node("node")));
        // A megabyte of text a row: messages far larger than a TLS record, both ways.
        var text = new string('x', 1 << 20);
        await using var client = await ConnectAsync(node, tls.Options(null));
        await client.CreateDatabaseAsync("test");
        await using var table = await client.CreateTableAsync<Row>("test.rows");
        await table.UpsertAsync(Enumerable.Range(0, 2000).Select(i => new Row(i, $"row {i}")).Append(new Row(2000, text)));

        Assert.Equal(new Row(42, "row 42"), await table.LookupAsync(42L));
        Assert.Equal(text, (await table.LookupAsync(2000L))!.Text);
        var rows = 0;
        await foreach (var _ in table.ScanAsync())
            rows++;
        Assert.Equal(2001, rows);
    }

    [Fact]
    public async Task A_client_in_a_service_uses_the_options_it_is_given()
    {
        using var tls = new TlsFixture(realTime: true);
        await using var node = await TlsNode.StartAsync(tls, "node", tls.Options(tls.Authority.Node("node")) with { RequireClientCertificate = true });
        var guest = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        guest.Services.AddGridClient(new GridClientOptions { Endpoint = node.Endpoint, Tls = tls.Options(tls.Authority.Client("service")) });
        using var host = guest.Build();
        await host.StartAsync();

        Assert.Empty(await host.Services.GetRequiredService<GridClient>().ListDatabasesAsync());
        await host.StopAsync();
    }

    [Fact]
    public async Task A_plain_client_is_refused_in_time_told_what_to_do_and_logged()
    {
        using var tls = new TlsFixture(realTime: true);
        await using var node = await TlsNode.StartAsync(tls, "node", tls.Options(tls.Authority.Node("node")));
        var watch = Stopwatch.StartNew();

        var refusal = await Assert.ThrowsAsync<GridException>(() => ConnectAsync(node, null));

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains("--tls-ca", refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("A Client at 127.0.0.1:", await tls.Log.FirstAsync(CallerRefused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_is_not_trusted_is_refused_at_once_and_logged()
    {
        using var tls = new TlsFixture(realTime: true);
        await using var node = await TlsNode.StartAsync(tls, "node", tls.Options(tls.Authority.Node("node")) with { RequireClientCertificate = true });

        var without = await Assert.ThrowsAsync<GridException>(() => ConnectAsync(node, tls.Options(null)));
        Assert.Contains("--tls-cert", without.Message, StringComparison.Ordinal);
        await tls.Log.FirstAsync(CallerRefused, "it presented no certificate");

        var stranger = await Assert.ThrowsAsync<GridException>(() => ConnectAsync(node, tls.Options(tls.Stranger.Client("stranger"))));
        Assert.Equal(GridErrorCode.InvalidArgument, stranger.Code);
        Assert.Contains("CN=stranger", stranger.Message, StringComparison.Ordinal);
        await tls.Log.FirstAsync(CallerRefused, "CN=stranger");

        await using var client = await ConnectAsync(node, tls.Options(tls.Authority.Client("known")));
        Assert.Empty(await client.ListDatabasesAsync());
    }

    [Fact]
    public void A_refusal_that_orleans_took_for_a_closed_connection_is_told_all_the_same()
    {
        using var tls = new TlsFixture();
        using var certificates = tls.Open(tls.Options(null));
        var closed = new ConnectionAbortedException("Connection aborted.");

        Assert.Contains("may require TLS", ConnectFailure.Translate(closed, "localhost:1", Patience, certificates).Message, StringComparison.Ordinal);
        certificates.LastRefusal = new AuthenticationException("TLS failed: it refused us.");
        Assert.Contains("it refused us", ConnectFailure.Translate(closed, "localhost:1", Patience, certificates).Message, StringComparison.Ordinal);
        Assert.Contains("No Grid answers", ConnectFailure.Translate(new TimeoutException(), "localhost:1", Patience, certificates).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_not_trusted_is_refused_at_once()
    {
        using var tls = new TlsFixture(realTime: true);
        await using var node = await TlsNode.StartAsync(tls, "node", tls.Options(tls.Authority.Node("node")));

        var refusal = await Assert.ThrowsAsync<GridException>(() => ConnectAsync(node, tls.Options(null) with { CaFile = tls.Stranger.CaFile }));

        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains("CN=node", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_without_tls_is_refused_by_a_client_with_it()
    {
        using var tls = new TlsFixture(realTime: true);
        await using var node = await TlsNode.StartAsync(tls, "plain", null);

        var refusal = await Assert.ThrowsAsync<GridException>(() => ConnectAsync(node, tls.Options(null)));

        Assert.Contains("does it speak TLS?", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_without_a_certificate_does_not_start()
    {
        using var tls = new TlsFixture(realTime: true);

        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => TlsNode.StartAsync(tls, "node", tls.Options(null)));

        Assert.Contains("--tls-cert", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_renewal_new_clients_see_the_new_certificate_and_old_ones_go_on()
    {
        using var tls = new TlsFixture(realTime: true);
        var (own, renewed) = (tls.Authority.Node("own"), tls.Stranger.Node("renewed"));
        await using var node = await TlsNode.StartAsync(tls, "node", tls.Options(own));
        await using var old = await ConnectAsync(node, tls.Options(null));
        await old.CreateDatabaseAsync("before");

        // Of another authority, so that who connects shows which certificate it was shown.
        renewed.Replace(own);
        Assert.True(node.Certificates.Reload());

        await old.CreateDatabaseAsync("after");
        await using var young = await ConnectAsync(node, tls.Options(null) with { CaFile = tls.Stranger.CaFile });
        Assert.Equal<string>(["after", "before"], await young.ListDatabasesAsync());
        await Assert.ThrowsAsync<GridException>(() => ConnectAsync(node, tls.Options(null)));
        Assert.Equal<string>(["after", "before"], await old.ListDatabasesAsync());
    }

    [Fact]
    public async Task Two_nodes_form_a_cluster_over_tls()
    {
        using var tls = new TlsFixture(realTime: true);
        await using var first = await TlsNode.StartAsync(tls, "first", tls.Options(tls.Authority.Node("first")));
        await using var second = await TlsNode.StartAsync(tls, "second", tls.Options(tls.Authority.Node("second")), first);
        await using var client = await ConnectAsync(second, tls.Options(null));
        await client.CreateDatabaseAsync("test");
        // Enough buckets that both nodes have some: calls cross from node to node.
        await using var table = await client.CreateTableAsync<Row>("test.rows", new TableOptions { Buckets = 16 });
        await table.UpsertAsync(Enumerable.Range(0, 2000).Select(i => new Row(i, $"row {i}")));

        Assert.Equal(2000, await table.CountAsync());
        Assert.Equal(2, (await HostsAsync(first)).Count);
        Assert.Empty(tls.Log.Of(CallerRefused));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_that_is_not_trusted_does_not_get_in(bool plain)
    {
        using var tls = new TlsFixture(realTime: true);
        await using var first = await TlsNode.StartAsync(tls, "first", tls.Options(tls.Authority.Node("first")));
        // A client's certificate is good at the gateway, and makes no node of its owner.
        var options = plain ? null : tls.Options(tls.Authority.Client("climber"));
        using var giveUp = new CancellationTokenSource(Patience);
        var joining = TlsNode.StartAsync(tls, "second", options, first, giveUp.Token);

        var refused = await tls.Log.FirstAsync(CallerRefused);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => joining);

        Assert.StartsWith("A Node at 127.0.0.1:", refused, StringComparison.Ordinal);
        Assert.Contains(plain ? "does it speak TLS?" : "is one for clients only", refused, StringComparison.Ordinal);
        Assert.Single(await HostsAsync(first));
    }

    private static async Task<GridClient> ConnectAsync(TlsNode node, GridTlsOptions? tls)
    {
        using var patience = new CancellationTokenSource(Patience);
        return await GridClient.ConnectAsync(node.Endpoint, new GridClientOptions { Tls = tls }, patience.Token);
    }

    private static async Task<Dictionary<SiloAddress, SiloStatus>> HostsAsync(TlsNode node) =>
        await node.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
}
