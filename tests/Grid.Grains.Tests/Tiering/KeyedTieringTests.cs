using Grid.Abstractions;
using Grid.Grains.Tests.Nodes;
using Grid.Grains.Tiering;
using Grid.Storage.Lake.Files;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Grains.Tests.Tiering;

public sealed class KeyedTieringTests
{
    private static readonly TableOptions Tiered = new() { Buckets = 1, Lake = LakeMode.On, LakeFreshnessMs = 1000 };

    [Fact]
    public async Task A_table_with_a_primary_key_is_in_the_lake_as_it_is()
    {
        await using var grid = await GridCluster.StartAsync(TieredTable.Quick);
        var table = await KeyedTable.CreateAsync(grid.Client, grid.Services.GetRequiredService<LakeNode>(), Tiered);
        await table.WriteAsync(0, 1, delete: false, 1, 2, 3, 4);
        await table.TieredAsync(1);
        Assert.Equal([(1, 1), (2, 1), (3, 1), (4, 1)], await table.ReadLakeAsync(0));

        await table.WriteAsync(0, 2, delete: false, 2, 5);
        await table.WriteAsync(0, 0, delete: true, 3);
        await table.TieredAsync(1);
        Assert.Equal([(1, 1), (2, 2), (4, 1), (5, 2)], await table.ReadLakeAsync(0));

        // The bucket closes and opens again, and its index with it.
        await grid.CloseIdleAsync(table.Table);
        await table.WriteAsync(0, 3, delete: false, 1, 3);
        await table.WriteAsync(0, 0, delete: true, 5, 77);
        await table.TieredAsync(1);
        Assert.Equal([(1, 3), (2, 2), (3, 3), (4, 1)], await table.ReadLakeAsync(0));
        Assert.Equal((await table.ScanAsync(0)).Rows, await table.ReadLakeAsync(0));
        Assert.Equal(4, (await table.Lake.GetStatusAsync()).Rows);
        var files = (await table.Lake.ListFilesAsync(new LakeFilesRequest())).Files;
        Assert.Equal((3, 2), (files.Count(file => file.Content == LakeContent.Data), files.Count(file => file.Content == LakeContent.PositionDeletes)));
    }

    [Fact]
    public async Task Its_files_are_compacted_by_themselves_and_wholly_when_asked()
    {
        await using var grid = await GridCluster.StartAsync(TieredTable.Compacting);
        var table = await KeyedTable.CreateAsync(grid.Client, grid.Services.GetRequiredService<LakeNode>(), Tiered);
        for (var round = 0; round < 20; round++)
        {
            await table.WriteAsync(0, round, delete: false, [.. Enumerable.Range(0, 20).Select(key => (long)((key * 7) + round))]);
            await table.WriteAsync(0, 0, delete: true, round, round + 7);
            await table.TieredAsync(1);
        }

        await NodeCluster.EventuallyAsync(async () => await table.Lake.GetStatusAsync() is { Files: < 10, IsCompacting: false, CompactedMs: not null });
        Assert.Equal((await table.ScanAsync(0)).Rows, await table.ReadLakeAsync(0));

        await table.Lake.CompactAsync();
        await NodeCluster.EventuallyAsync(async () => await table.Lake.GetStatusAsync() is { Files: 1, IsCompacting: false });
        var files = (await table.Lake.ListFilesAsync(new LakeFilesRequest())).Files;
        Assert.Equal(LakeContent.Data, Assert.Single(files).Content);
        Assert.Equal((await table.ScanAsync(0)).Rows, await table.ReadLakeAsync(0));

        await table.WriteAsync(0, 99, delete: false, 3, 500);
        await table.TieredAsync(1);
        Assert.Equal((await table.ScanAsync(0)).Rows, await table.ReadLakeAsync(0));
        Assert.Null((await table.Lake.GetStatusAsync()).CompactionFailure);
    }

    [Fact]
    public async Task It_stays_so_when_a_node_is_killed_and_others_lead_its_buckets()
    {
        const int Buckets = 3;
        var warehouse = Directory.CreateTempSubdirectory("grid-warehouse-").FullName;
        try
        {
            await using var cluster = await NodeCluster.StartAsync((_, options) =>
                TieredTable.Quick(options with { Lake = options.Lake with { Location = LakeLocation.Parse($"dir:{warehouse}") } }));
            var node = cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<LakeNode>();
            var table = await KeyedTable.CreateAsync(cluster.Client, node, Tiered with { Buckets = Buckets, Replicas = 3, MinInSync = 2 });
            await ChangeAsync(table, 1);
            await table.TieredAsync(Buckets);
            await ChangeAsync(table, 2);
            await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[2]);
            await ChangeAsync(table, 3);
            await table.TieredAsync(Buckets);
            for (var bucket = 0; bucket < Buckets; bucket++)
            {
                var rows = (await table.ScanAsync(bucket)).Rows;
                Assert.Equal(40, rows.Count);
                Assert.Equal(rows, await table.ReadLakeAsync(bucket));
            }
        }
        finally
        {
            Directory.Delete(warehouse, recursive: true);
        }

        static async Task ChangeAsync(KeyedTable table, long number)
        {
            for (var bucket = 0; bucket < Buckets; bucket++)
            {
                await table.WriteAsync(bucket, number, delete: false, [.. Enumerable.Range(0, 50).Select(key => (long)key)]);
                await table.WriteAsync(bucket, 0, delete: true, [.. Enumerable.Range(0, 10).Select(key => (key + number) % 50)]);
            }
        }
    }
}
