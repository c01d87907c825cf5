using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Serving;
using Grid.Storage;
using Grid.Testing;

namespace Grid.Silo.Tests.Serving;

public sealed class UnderReplicatedTests
{
    private const int Nodes = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private sealed record Reading(int Number);

    [Fact]
    public async Task Buckets_that_lack_a_copy_are_counted_until_it_is_back()
    {
        using var directory = new TestDirectory();
        var underReplicated = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == GridStorageMetrics.MeterName && instrument.Name == "grid.storage.buckets.under_replicated")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => underReplicated += value);
        listener.Start();

        var ports = FreePorts.Take(2 * Nodes);
        var servers = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(StartAsync));
        try
        {
            await using var client = await GridClient.ConnectAsync($"127.0.0.1:{ports[0]}");
            await client.CreateDatabaseAsync("lab");
            await using var table = await client.CreateTableAsync<Reading>("lab.readings", new TableOptions { Replicas = Nodes, MinInSync = 2 });
            await table.AppendAsync(Enumerable.Range(0, 100).Select(i => new Reading(i)));
            await UntilAsync(table, 0);

            // Nobody writes: leaders see that the node is gone.
            await servers[2].DisposeAsync();
            await UntilAsync(table, 4);
            servers[2] = await StartAsync(2);
            await UntilAsync(table, 0);
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }

        Task<GridServer> StartAsync(int node) => GridServer.StartAsync(new Dictionary<string, string?>
        {
            ["Grid:DataDirectory"] = directory[$"node-{node}"],
            ["Grid:Node"] = $"node-{node}",
            ["Grid:Cluster"] = directory["cluster"],
            ["Grid:GatewayPort"] = $"{ports[node]}",
            ["Grid:SiloPort"] = $"{ports[Nodes + node]}",
            ["Grid:Urls"] = "http://127.0.0.1:0",
        }, null, CancellationToken.None);

        async Task UntilAsync(GridTable<Reading> table, long expected)
        {
            using var patience = new CancellationTokenSource(Patience);
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            do
            {
                var status = await table.Untyped.GetStatusAsync(); // every bucket is open where it is led
                underReplicated = 0;
                listener.RecordObservableInstruments();
                Assert.False(patience.IsCancellationRequested, $"{underReplicated} buckets lack a copy, {expected} should: {string.Join("; ", status.Select(Describe))}.");
            }
            while (underReplicated != expected && await timer.WaitForNextTickAsync());
        }
    }

    private static string Describe(BucketStatus bucket) =>
        $"{bucket.Leader} leads at {bucket.Epoch}, [{string.Join(", ", bucket.Replicas.Select(replica => $"{replica.Node} {(replica.IsInSync ? "in sync" : "out")}{(replica.IsAnswering ? "" : " silent")}"))}]";
}
