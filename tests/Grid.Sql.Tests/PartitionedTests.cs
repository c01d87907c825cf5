using Grid.Abstractions;
using Grid.Client;

namespace Grid.Sql.Tests;

/// <summary>Partitioned tables in statements.</summary>
public sealed class PartitionedTests(SqlGrid grid) : IClassFixture<SqlGrid>
{
    private sealed record Event([property: PartitionBy] string Day, long Id);

    private sealed record Order([property: Key, PartitionBy] string Day, [property: Key(1)] long Id, long Amount);

    [Fact]
    public async Task Rows_of_all_partitions_come_once_each_from_the_lake_and_the_log()
    {
        await using var table = await grid.Client.CreateTableAsync<Event>("air.parts", new TableOptions { Buckets = 2, Lake = LakeMode.On, LakeFreshnessMs = 86_400_000 });
        Assert.Equal(["0"], await grid.RowsAsync("select count(*) from air.parts"));
        await table.AppendAsync(Enumerable.Range(0, 300).Select(i => new Event($"d{i % 3}", i)));
        await table.Untyped.FlushLakeAsync();
        await table.AppendAsync(Enumerable.Range(300, 300).Select(i => new Event($"d{i % 3}", i)));
        Assert.Equal(["600|179700|600"], await grid.RowsAsync("select count(*), sum(id), count(distinct id) from air.parts"));
        Assert.Equal(["d1|200"], await grid.RowsAsync("select day, count(*) from air.parts where day = 'd1' group by all"));
        Assert.Equal(["+I|600"], await grid.RowsAsync("select _change, count(*) from air.parts$changes group by all"));
        await table.Untyped.DropPartitionAsync(["d1"]);
        Assert.Equal(["400"], await grid.RowsAsync("select count(*) from air.parts"));
    }

    [Fact]
    public async Task Keys_of_partitions_are_joined()
    {
        await using var table = await grid.Client.CreateTableAsync<Order>("air.orders", new TableOptions { Buckets = 2 });
        await table.UpsertAsync(Enumerable.Range(0, 100).Select(i => new Order($"d{i % 2}", i / 2, i)));
        Assert.Equal(["50|4950"], await grid.RowsAsync("select count(*), sum(a.amount + b.amount) from air.orders a join air.orders b on a.id = b.id where a.day = 'd0' and b.day = 'd1'"));
    }
}
