using Grid.Abstractions;
using Grid.Grains.Tests.Nodes;
using Grid.Grains.Tiering;
using Grid.Storage.Lake.Files;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

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

    [Fact]
    public async Task Compaction_goes_on_when_the_node_that_does_it_is_killed_and_each_row_is_in_the_lake_once()
    {
        const int Rounds = 16, RoundRows = 20;
        var warehouse = Directory.CreateTempSubdirectory("grid-warehouse-").FullName;
        try
        {
            await using var cluster = await NodeCluster.StartAsync((_, options) =>
                TieredTable.Compacting(options with { Lake = options.Lake with { Location = LakeLocation.Parse($"dir:{warehouse}") } }));
            var node = cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<LakeNode>();
            var (table, doomed) = await OnAnotherNodeAsync(cluster, node);
            for (var round = 0; round < Rounds; round++)
            {
                await table.AppendAsync(0, round * RoundRows, RoundRows);
                if (round == Rounds / 2)
                    await cluster.Silos.KillSiloAsync(doomed);
                await NodeCluster.AnswerAsync(async () =>
                {
                    await table.Lake.TierAsync();
                    return true;
                });
                await table.TieredAsync((round + 1) * RoundRows);
            }

            await NodeCluster.EventuallyAsync(async () => await table.Lake.GetStatusAsync() is { Files: < Rounds / 2, IsCompacting: false });
            Assert.Equal(Enumerable.Range(0, Rounds * RoundRows).Select(i => ((long)i, (long)i)), await table.ReadLakeAsync(0));
        }
        finally
        {
            Directory.Delete(warehouse, recursive: true);
        }
    }

    /// <summary>A table whose tiering is on another node than the first, to which the test holds on, and that node.</summary>
    private static async Task<(TieredTable Table, InProcessSiloHandle Node)> OnAnotherNodeAsync(NodeCluster cluster, LakeNode lake)
    {
        for (var i = 0; ; i++)
        {
            var table = await TieredTable.CreateAsync(cluster.Client, lake, new TableOptions { Buckets = 1, Replicas = 3, MinInSync = 2, Lake = LakeMode.On, LakeFreshnessMs = 1000 }, $"tiered{i}");
            await table.Lake.GetStatusAsync();
            var at = await cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(table.Lake);
            if (cluster.Silos.Silos.Skip(1).FirstOrDefault(silo => silo.SiloAddress.Equals(at)) is { } other)
                return (table, other);
        }
    }
}
