using System.Diagnostics;
using Grid.Storage.Kv;
using Xunit.Abstractions;

namespace Grid.Simulation.Kit;

public sealed class SimShardFolderTests(ITestOutputHelper output)
{
    [Fact]
    public void A_killed_shard_keeps_what_was_in_files_and_loses_the_rest()
    {
        using var folder = new SimShardFolder("n1");
        using var resources = new RocksResources(1 << 20, 1 << 20);
        var store = RocksStore.Open(folder.Path, resources);
        Put(store, 1);
        store.Flush();
        Put(store, 2);
        folder.Kill();
        store.Dispose();

        store = RocksStore.Open(folder.Path, resources);
        Assert.NotNull(store.Get([1]));
        Assert.Null(store.Get([2]));

        var clock = Stopwatch.StartNew();
        const int rounds = 20;
        for (var i = 0; i < rounds; i++)
        {
            Put(store, 3);
            folder.Kill();
            store.Dispose();
            store = RocksStore.Open(folder.Path, resources);
        }

        output.WriteLine($"{clock.Elapsed.TotalMilliseconds / rounds:0.0} ms to kill, close and open a shard");
        store.Dispose();
        folder.Lose();
        Assert.False(Directory.Exists(folder.Path));
    }

    private static void Put(RocksStore store, byte key)
    {
        using var batch = new RocksBatch();
        batch.Put([key], [1]);
        store.Write(batch);
    }
}
