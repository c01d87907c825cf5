using Azure.Storage.Blobs;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo;
using Grid.Sql.Lake;
using Grid.Testing.Objects;

namespace Grid.Sql.Tests;

/// <summary>A lake in blobs is read through a cache on this machine's disk, and without one through the grid.</summary>
[Collection(AzuriteFixture.Collection)]
public sealed class BlobLakeTests(AzuriteFixture azurite) : IDisposable
{
    private sealed record Event(long Id, string Kind);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-sql-blobs");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Files_in_blobs_are_fetched_once_and_read_from_the_cache()
    {
        var lake = azurite.NewLocation();
        await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = Path.Combine(_directory.FullName, "data"), Configure = grid => grid.Lake = lake });
        await host.Client.CreateDatabaseAsync("air");
        await using var table = await host.Client.CreateTableAsync<Event>("air.events", new TableOptions { Buckets = 2, Lake = LakeMode.On, LakeFreshnessMs = 86_400_000 });
        await table.AppendAsync(Enumerable.Range(0, 500).Select(i => new Event(i, $"k{i % 5}")));
        await table.Untyped.FlushLakeAsync();
        await table.AppendAsync(Enumerable.Range(500, 100).Select(i => new Event(i, $"k{i % 5}")));

        var files = new BlobLakeFiles(new BlobServiceClient(azurite.ConnectionString), Path.Combine(_directory.FullName, "cache"), 100 << 20);
        await using var cached = GridSql.Open(host.Client, new GridSqlOptions { LakeFiles = files });
        await using var plain = GridSql.Open(host.Client);
        foreach (var sql in new[] { cached, plain, cached })
            Assert.Equal(["600|179700|5"], await SqlGrid.RowsAsync(sql, "select count(*), sum(id), count(distinct kind) from air.events"));
        Assert.Equal((await table.Untyped.OpenLakeSnapshotAsync()).Files.Sum(file => file.Bytes), files.CacheBytes);
        Assert.Contains("PARQUET", string.Join(' ', await SqlGrid.RowsAsync(cached, "explain select * from air.events")), StringComparison.Ordinal);
        Assert.DoesNotContain("PARQUET", string.Join(' ', await SqlGrid.RowsAsync(plain, "explain select * from air.events")), StringComparison.Ordinal);

        // One that is too small for a file leaves it to the grid.
        await using var small = GridSql.Open(host.Client, new GridSqlOptions { LakeFiles = new BlobLakeFiles(new BlobServiceClient(azurite.ConnectionString), Path.Combine(_directory.FullName, "small"), 10) });
        Assert.Equal(["600"], await SqlGrid.RowsAsync(small, "select count(*) from air.events"));
    }
}
