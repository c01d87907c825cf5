using System.Security.Authentication;
using Grid.Abstractions;
using Grid.Client.Connecting.Tls;
using Grid.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Client.Tests.Tls;

/// <summary>The data port of a real node that requires certificates of everybody.</summary>
public sealed class TlsDataPortTests
{
    private const int CallerRefused = 6021;
    private const int Rows = 40_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private sealed record Row(long Id, string Text);

    [Fact]
    public async Task Clients_and_nodes_read_over_it()
    {
        using var tls = new TlsFixture(realTime: true);
        await using var node = await StartAsync(tls);
        await using var client = await FillAsync(tls, node);

        await using var remote = await client.OpenTableAsync<Row>("test.rows");
        await ScansAsync(node, remote);
        await using var local = await node.Services.GetRequiredService<GridClient>().OpenTableAsync<Row>("test.rows");
        await ScansAsync(node, local);

        // As one node calls another.
        var wrap = node.Services.GetRequiredService<GridNodeOptions>().DataPortClientWrap;
        Assert.True(await ReadAsync(await TicketAsync(node, client), new DataPortClientOptions { Wrap = wrap }) > Rows);
        Assert.Empty(tls.Log.Of(CallerRefused));
    }

    [Fact]
    public async Task A_ticket_is_no_use_without_tls_or_without_a_certificate()
    {
        using var tls = new TlsFixture(realTime: true);
        await using var node = await StartAsync(tls);
        await using var client = await FillAsync(tls, node);
        var ticket = await TicketAsync(node, client);

        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(ticket, new DataPortClientOptions { ConnectTimeout = Patience }));
        await tls.Log.FirstAsync(CallerRefused, "does it speak TLS?");

        using var guest = tls.Open(tls.Options(null));
        var without = await Assert.ThrowsAsync<AuthenticationException>(() => ReadAsync(ticket, DataPortTls.Options(guest)));
        Assert.Contains("--tls-cert", without.Message, StringComparison.Ordinal);
        await tls.Log.FirstAsync(CallerRefused, "it presented no certificate");

        using var stranger = tls.Open(tls.Options(tls.Stranger.Client("stranger")));
        await Assert.ThrowsAsync<AuthenticationException>(() => ReadAsync(ticket, DataPortTls.Options(stranger)));
        await tls.Log.FirstAsync(CallerRefused, "CN=stranger");

        // Nobody came so far as to use the ticket up.
        Assert.Equal(0, node.DataPort.Metrics.StreamsAccepted);
        using var known = tls.Open(tls.Options(tls.Authority.Client("known")));
        Assert.True(await ReadAsync(ticket, DataPortTls.Options(known)) > Rows);
    }

    private static Task<TlsNode> StartAsync(TlsFixture tls) =>
        TlsNode.StartAsync(tls, "node", tls.Options(tls.Authority.Node("node")) with { RequireClientCertificate = true });

    /// <summary>A client with a certificate, and a table of one bucket and several fetches.</summary>
    private static async Task<GridClient> FillAsync(TlsFixture tls, TlsNode node)
    {
        var client = await GridClient.ConnectAsync(node.Endpoint, new GridClientOptions { Tls = tls.Options(tls.Authority.Client("client")), ConnectTimeout = Patience });
        await client.CreateDatabaseAsync("test");
        await using var table = await client.CreateTableAsync<Row>("test.rows", new TableOptions { Buckets = 1, Compression = FrameCompression.None });
        await using var writer = table.CreateWriter();
        await writer.AddAsync(Enumerable.Range(0, Rows).Select(i => new Row(i, $"the text of row {i}: {new string('x', 100)}")));
        return client;
    }

    private static async Task ScansAsync(TlsNode node, GridTable<Row> table)
    {
        var streams = node.DataPort.Metrics.StreamsCompleted;
        var rows = 0;
        await foreach (var _ in table.ScanAsync())
            rows++;
        Assert.Equal(Rows, rows);
        Assert.True(node.DataPort.Metrics.StreamsCompleted > streams, "The scan did not use the data port.");
    }

    private static async Task<StreamTicket> TicketAsync(TlsNode node, GridClient client)
    {
        var table = await client.GetTableInfoAsync("test.rows");
        var bucket = node.Services.GetRequiredService<IGrainFactory>().GetGrain<IBucketGrain>(new BucketId(table.Id, new PartitionId(0), 0).ToString());
        var request = new StreamRequest { Fetch = new FetchRequest { Offset = new LogOffset(0), SchemaVersion = table.Schema.Version }, Stop = new LogOffset(Rows) };
        return (await bucket.OpenStreamAsync(request, CancellationToken.None))!;
    }

    /// <summary>Reads a stream to its end: its bytes.</summary>
    private static async Task<long> ReadAsync(StreamTicket ticket, DataPortClientOptions options)
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var reader = await DataPortClient.ConnectAsync(ticket, options, TimeProvider.System, patience.Token);
        while (await reader.NextAsync(patience.Token) is >= 0 and var length)
            await reader.ReadAsync(new byte[length], patience.Token);
        return reader.Bytes;
    }
}
