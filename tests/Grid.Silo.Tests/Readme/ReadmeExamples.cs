using Grid.Abstractions;
using Grid.Client;
using Grid.Sql;

namespace Grid.Silo.Tests.Readme;

/// <summary>The README's C# examples, to the letter: <see cref="ReadmeTests"/> compares them with the README and runs them.</summary>
internal static class ReadmeExamples
{
    public static async Task<Order?> EmbeddedAsync(string directory)
    {
        // README
        await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory });
        var grid = host.Client;
        await grid.CreateDatabaseAsync("shop", ifNotExists: true);

        await using var orders = await grid.CreateTableAsync<Order>("shop.orders");
        await orders.UpsertAsync(new Order(1, "ada", 12.50m));
        await orders.UpsertAsync(new Order(1, "ada", 15.00m));

        var order = await orders.LookupAsync(1L);

        await foreach (var change in orders.ChangesAsync(new ChangeOptions { StopAtEnd = true }))
            Console.WriteLine($"{change.Kind} {change.Row} at {change.Offset}");
        // END
        return order;
    }

    public static async Task<int> WriterAsync(GridTable<Click> events)
    {
        // README
        await using (var writer = events.CreateWriter())
        {
            for (var i = 0; i < 10_000; i++)
                await writer.AddAsync(new Click(i, $"/page/{i % 100}", i % 1000));
        }

        var slow = 0;
        await foreach (var click in events.ScanAsync(new ScanOptions { Where = "millis >= 900" }))
            slow++;
        // END
        return slow;
    }

    public static async Task<int> RemoteAsync(string endpoint)
    {
        // README
        await using var remote = await GridClient.ConnectAsync(endpoint);
        var tables = await remote.ListTablesAsync("shop");
        // END
        return tables.Length;
    }

    public static async Task SqlAsync(GridClient grid)
    {
        // README
        await using var sql = GridSql.Open(grid);
        await foreach (var row in sql.QueryRowsAsync("select customer, sum(amount) as total from shop.orders where amount > $1 group by all", [10m]))
            Console.WriteLine($"{row["customer"]} {row["total"]}");
        // END
    }

    // README
    public sealed record Order([property: Key] long Id, string Customer, [property: Column(Type = "decimal(10,2)")] decimal Amount);
    // END

    public sealed record Click(long Id, string Page, int Millis);
}
