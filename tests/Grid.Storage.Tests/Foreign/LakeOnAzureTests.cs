using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Keys;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Objects;
using Grid.Storage.Tests.Kv;
using Grid.Storage.Tests.Lake.Keys;
using Grid.Storage.Tests.Lake.Tables;
using Grid.Testing.Objects;

namespace Grid.Storage.Tests.Foreign;

/// <summary>A primary-key table tiers into Azure blobs as the emulator has them, is compacted there, and is read there by ClickHouse.</summary>
[Collection(AzuriteFixture.Collection)]
public sealed class LakeOnAzureTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task A_primary_key_table_in_blobs_is_the_table_before_and_after_a_compaction()
    {
        var time = new ImpatientTime();
        var options = azurite.NewContainer() with { BlockBytes = 64 * 1024, Prefix = "lake" };
        var store = new LakeBlobs(new AzureBlobObjectStore(options, TimeProvider.System), $"abfss://{options.Container}@devstoreaccount1.dfs.core.windows.net/lake");
        await using var bucket = await EngineBucket.OpenAsync(KeyLake.Table);
        var keys = new KeyLake(bucket, time);
        var coordinator = keys.Coordinator(store);
        for (var round = 0; round < 5; round++)
        {
            await bucket.WriteAsync(KvFrames.Write(KeyLake.Schema, [.. Enumerable.Range(0, 30).Select(key => new object?[] { (long)((key * 5) + round), $"{round}", null })]));
            Assert.Null(await keys.TryAsync(coordinator));
        }

        await EqualsTableAsync();
        var commit = await keys.CompactAsync(store, new KeyCompactionRule(FilesMin: 4, Growth: 2, 1 << 20, 1 << 20, DeletedPercent: 10));
        Assert.Equal(LakeOutcome.Committed, commit!.Outcome);
        await EqualsTableAsync();

        async Task EqualsTableAsync()
        {
            await keys.CheckAsync(store);
            if (!LakeReaders.HasClickHouse)
                return;
            var rows = (await bucket.ReadAllAsync()).Count;
            var answers = await LakeReaders.ReadAzureAsync(azurite.ConnectionString, options.Container, $"lake/{LakeFolders.Of(bucket.Table)}", "select count() as n from LAKE", "select count() as n, sum(id) as s from LAKE where name >= '2'");
            Assert.Equal($"{rows}", answers[0][0].GetProperty("n").ToString());
            Assert.NotEqual("0", answers[1][0].GetProperty("n").ToString());
        }
    }
}
