using Grid.Abstractions;
using Grid.Client.Tests.Fakes;

namespace Grid.Client.Tests.Reading;

/// <summary>A typed table stays open while somebody else widens a column that its row type has a narrow property for.</summary>
public sealed class WidenedColumnTests(EmbeddedGrid grid) : IClassFixture<EmbeddedGrid>
{
    private sealed record Narrow([property: Key] long Id, int? Number, float Ratio);

    private sealed record Wide([property: Key] long Id, long? Number, double Ratio);

    private sealed record NarrowLine(int Number);

    private sealed record WideLine(long Number);

    private const long TooLarge = 5_000_000_000;

    [Fact]
    public async Task A_primary_key_table_goes_on_while_the_values_fit_and_then_says_to_reopen()
    {
        await using var old = await grid.Client.CreateTableAsync<Narrow>("test.items", new TableOptions { Buckets = 1 });
        await old.UpsertAsync([new Narrow(1, 10, 0.5f), new Narrow(2, null, 1.5f)]);
        await WidenAsync("test.items", "Number", "Ratio");
        await using var fresh = await grid.Client.OpenTableAsync<Wide>("test.items");
        await fresh.UpsertAsync(new Wide(3, -30, -2.5));

        Assert.Equal(new Narrow(3, -30, -2.5f), await old.LookupAsync(3L));
        await old.UpsertAsync(new Narrow(4, 40, 4));
        Assert.Equal(new Wide(4, 40, 4), await fresh.LookupAsync(4L));
        Assert.Equal([1L, 2, 3, 4], (await ToListAsync(old.ScanAsync())).Select(row => row.Id).Order());
        Assert.Equal(4, (await ToListAsync(old.ChangesAsync(new ChangeOptions { StopAtEnd = true }))).Count);

        await fresh.UpsertAsync(new Wide(5, TooLarge, 0));
        await RefusedAsync(() => old.LookupAsync(5L));
        await RefusedAsync(() => ToListAsync(old.ScanAsync()));
        Assert.Equal(new Narrow(3, -30, -2.5f), await old.LookupAsync(3L));
    }

    [Fact]
    public async Task A_log_table_does_so_too()
    {
        await using var old = await grid.Client.CreateTableAsync<NarrowLine>("test.lines", new TableOptions { Buckets = 1 });
        await old.AppendAsync(new NarrowLine(1));
        await WidenAsync("test.lines", "Number");
        await using var fresh = await grid.Client.OpenTableAsync<WideLine>("test.lines");
        await fresh.AppendAsync(new WideLine(int.MinValue));
        await old.AppendAsync(new NarrowLine(3));
        Assert.Equal([1, int.MinValue, 3], (await ToListAsync(old.ScanAsync())).Select(row => row.Number));

        await fresh.AppendAsync(new WideLine(TooLarge));
        await RefusedAsync(() => ToListAsync(old.ScanAsync()));
        Assert.Equal([1, int.MinValue, 3, TooLarge], (await ToListAsync(fresh.ScanAsync())).Select(row => row.Number));
    }

    private async Task WidenAsync(string table, params string[] columns)
    {
        var schema = (await grid.Client.GetTableInfoAsync(table)).Schema;
        foreach (var name in columns)
        {
            var type = schema.Columns.Single(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            await grid.Client.AlterTableAsync(table, new WidenColumn(type.Name, type.Type == DataType.Int32 ? DataType.Int64 : DataType.Float64));
        }
    }

    private static async Task RefusedAsync(Func<Task> read)
    {
        var refusal = await Assert.ThrowsAsync<GridException>(read);
        Assert.Equal(GridErrorCode.SchemaStale, refusal.Code);
        Assert.Contains($"The value {TooLarge} of column", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Reopen the table", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
            list.Add(item);
        return list;
    }
}
