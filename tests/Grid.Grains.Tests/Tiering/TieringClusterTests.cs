using Grid.Abstractions;
using Grid.Grains.Tests.Nodes;
using Grid.Grains.Tiering;
using Grid.Storage.Lake.Files;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Grains.Tests.Tiering;

public sealed class TieringClusterTests
{
    [Fact]
    public async Task Tiering_goes_on_when_a_node_is_killed_and_each_row_is_in_the_lake_once()
    {
        var warehouse = Directory.CreateTempSubdirectory("grid-warehouse-").FullName;
        try
        {
            await using var cluster = await NodeCluster.StartAsync((_, options) =>
                TieredTable.Quick(options with { Lake = options.Lake with { Location = LakeLocation.Parse($"dir:{warehouse}") } }));
            var node = cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<LakeNode>();
            var table = await TieredTable.CreateAsync(cluster.Client, node, new TableOptions { Buckets = 3, Replicas = 3, MinInSync = 2, Lake = LakeMode.On, LakeFreshnessMs = 1000 });
            for (var bucket = 0; bucket < 3; bucket++)
                await table.AppendAsync(bucket, 0, 100);
            await table.TieredAsync(100, 100, 100);

            for (var bucket = 0; bucket < 3; bucket++)
                await table.AppendAsync(bucket, 100, 100);
            await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[2]);
            for (var bucket = 0; bucket < 3; bucket++)
                await table.AppendAsync(bucket, 200, 100);
            await table.TieredAsync(300, 300, 300);

            for (var bucket = 0; bucket < 3; bucket++)
            {
                var number = bucket;
                Assert.Equal(await NodeCluster.AnswerAsync(() => GridCluster.ReadAsync(table.Bucket(number), table.Table)), (await table.ReadLakeAsync(bucket)).Select(row => row.Id));
                Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i), (await table.ReadLakeAsync(bucket)).Select(row => row.Offset));
            }
        }
        finally
        {
            Directory.Delete(warehouse, recursive: true);
        }
    }
}
