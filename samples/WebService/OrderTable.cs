using Grid.Client;

namespace Grid.Samples.WebService;

/// <summary>shop.orders, made on first use.</summary>
internal sealed class OrderTable(GridClient grid)
{
    private readonly Lazy<Task<GridTable<Order>>> _table = new(() => CreateAsync(grid));

    public Task<GridTable<Order>> OpenAsync(CancellationToken cancellationToken) => _table.Value.WaitAsync(cancellationToken);

    private static async Task<GridTable<Order>> CreateAsync(GridClient grid)
    {
        await grid.CreateDatabaseAsync("shop", ifNotExists: true);
        return await grid.CreateTableAsync<Order>("shop.orders", ifNotExists: true);
    }
}
