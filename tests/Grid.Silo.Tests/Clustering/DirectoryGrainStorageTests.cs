using Grid.Abstractions;
using Grid.Silo.Clustering;
using Grid.Storage.Objects;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;

namespace Grid.Silo.Tests.Clustering;

public sealed class DirectoryGrainStorageTests : GrainStorageConformance, IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("counter", "1");
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IObjectStore Open() => new DirectoryObjectStore(_directory["objects"]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_or_a_clear_without_an_answer_is_found_or_reported(bool takesEffect)
    {
        var store = new UncertainObjectStore(Open());
        var storage = Storage(store);
        var state = new GrainState<List<int>>([1]);

        store.LoseAnswer(takesEffect);
        await storage.WriteStateAsync("numbers", Grain, state);
        state.State = [2];
        await storage.WriteStateAsync("numbers", Grain, state);

        store.LoseAnswer(takesEffect);
        if (!takesEffect)
        {
            await Assert.ThrowsAsync<GridException>(() => storage.ClearStateAsync("numbers", Grain, state));
            Assert.Equal([2], state.State);
        }

        await storage.ClearStateAsync("numbers", Grain, state);
        Assert.False(state.RecordExists);
    }

    [Fact]
    public void Damaged_bytes_are_reported_and_never_read()
    {
        var good = GrainStateObject.Write("counter/1", 7, "state"u8);
        Assert.Equal("state"u8.ToArray(), GrainStateObject.Read("name", "counter/1", good).State.ToArray());
        for (var i = 0; i < good.Length; i++)
        {
            if (i is >= 8 and < 16)
                continue; // the mark says who wrote, not what
            var bad = (byte[])good.Clone();
            bad[i] ^= 1;
            Refused(() => GrainStateObject.Read("name", "counter/1", bad));
        }

        for (var length = 0; length < good.Length; length++)
            Refused(() => GrainStateObject.Read("name", "counter/1", good.AsMemory(0, length)));
        Refused(() => GrainStateObject.Read("name", "counter/2", good));
    }

    [Fact]
    public void A_grain_states_bytes_are_what_the_documentation_says()
    {
        var bytes = GrainStateObject.Write("c/1", 0x0102030405060708, [0xAA, 0xBB]);

        Assert.Equal("47475331" + "03000000" + "0807060504030201" + Convert.ToHexString(System.IO.Hashing.XxHash3.Hash("c/1"u8.ToArray().Concat(new byte[] { 0xAA, 0xBB }).ToArray()).Reverse().ToArray())
            + "632F31" + "AABB", Convert.ToHexString(bytes));
    }

    [Fact]
    public async Task A_silo_offers_it_by_name()
    {
        await using var host = await GridHost.StartAsync(new GridHostOptions
        {
            DataDirectory = _directory["data"],
            ConfigureSilo = silo => silo.AddObjectStoreGrainStorage("cursors"),
        });
        var storage = host.Services.GetRequiredKeyedService<IGrainStorage>("cursors");
        var state = new GrainState<List<int>>([1]);

        await storage.WriteStateAsync("numbers", Grain, state);
        await storage.ReadStateAsync("numbers", Grain, state);

        Assert.IsType<ObjectStoreGrainStorage>(storage);
        Assert.Equal([1], state.State);
    }

    private static void Refused(Action read) => Assert.Equal(GridErrorCode.StorageFailed, Assert.Throws<GridException>(read).Code);
}
