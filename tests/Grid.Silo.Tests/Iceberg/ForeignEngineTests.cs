using System.Text.Json;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Serving;
using Grid.Testing;

namespace Grid.Silo.Tests.Iceberg;

/// <summary>What the grains of a cluster tiered, as an engine reads it that knows nothing of Grid but a catalog's address.</summary>
public sealed class ForeignEngineTests
{
    private const int Nodes = 3;
    private const int Round = 3000;
    private static readonly NpmFolder ClickHouse = new(Path.Combine("Iceberg", "ClickHouse"), "chdb");

    private sealed record Flight(long Id, string Place, double? Height);

    [ClickHouseFact]
    public async Task A_table_that_a_cluster_tiered_is_read_by_ClickHouse_through_the_catalog_of_any_node()
    {
        using var directory = new TestDirectory();
        var ports = FreePorts.Take(2 * Nodes);
        var servers = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(StartAsync));
        try
        {
            await using var client = await GridClient.ConnectAsync($"127.0.0.1:{ports[0]}");
            await client.CreateDatabaseAsync("air");
            await using var table = await client.CreateTableAsync<Flight>("air.flights", new TableOptions { Buckets = 4, Replicas = Nodes, MinInSync = 2, Lake = LakeMode.On, LakeFreshnessMs = 1000 });
            await table.AppendAsync(Flights(0));
            await table.Untyped.FlushLakeAsync();
            await CheckAsync(servers[0], table);

            // The buckets that the third node led are led, and tiered, by others now.
            await servers[2].DisposeAsync();
            await table.AppendAsync(Flights(Round));
            await table.Untyped.FlushLakeAsync();
            await CheckAsync(servers[1], table);
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

        async Task CheckAsync(GridServer server, GridTable<Flight> table)
        {
            var rows = await table.ScanAsync().ToListAsync();
            var buckets = await table.Untyped.GetLakeStatusAsync();
            var answers = (await ClickHouse.RunAsync("read.mjs", server.Urls.Single() + "/v1", directory["cluster-lake"],
                "SHOW TABLES FROM lake",
                "SELECT count() AS n, sum(id) AS ids FROM lake.`air.flights`",
                "SELECT count() AS n, sum(height) AS heights FROM lake.`air.flights` WHERE place = 'place 3' AND id >= 1000",
                "SELECT count() AS n FROM lake.`air.flights` WHERE height IS NULL",
                "SELECT `__bucket` AS bucket, count() AS n, max(`__offset`) + 1 AS end FROM lake.`air.flights` GROUP BY bucket ORDER BY bucket")).EnumerateArray().ToArray();

            Assert.Equal("air.flights", answers[0][0].GetProperty("name").GetString());
            var filtered = rows.Where(flight => flight is { Place: "place 3", Id: >= 1000 }).ToList();
            Assert.Equal((rows.Count, rows.Sum(flight => flight.Id)), (Number(answers[1][0], "n"), Number(answers[1][0], "ids")));
            Assert.Equal((filtered.Count, (long)filtered.Sum(flight => flight.Height ?? 0)), (Number(answers[2][0], "n"), Number(answers[2][0], "heights")));
            Assert.Equal(rows.Count(flight => flight.Height is null), Number(answers[3][0], "n"));
            // Every offset of a bucket once: as many rows as the highest says.
            Assert.Equal(
                buckets.Buckets.Where(bucket => bucket.Tiered.Value > 0).Select(bucket => ((long)bucket.Number, bucket.Tiered.Value, bucket.Tiered.Value)),
                answers[4].EnumerateArray().Select(bucket => (Number(bucket, "bucket"), Number(bucket, "n"), Number(bucket, "end"))));
        }
    }

    /// <summary>Whole numbers of 64 bits may come as text.</summary>
    private static long Number(JsonElement row, string name) => row.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? long.Parse(text.GetString()!, null) : (long)row.GetProperty(name).GetDouble();

    private static IEnumerable<Flight> Flights(int first) => Enumerable.Range(first, Round).Select(i => new Flight(i, $"place {i % 7}", i % 5 == 0 ? null : i));
}
