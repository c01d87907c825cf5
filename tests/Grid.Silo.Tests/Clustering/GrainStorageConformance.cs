using Grid.Silo.Clustering;
using Grid.Storage.Objects;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Grid.Silo.Tests.Clustering;

/// <summary>What grains expect of their storage, over any object store.</summary>
public abstract class GrainStorageConformance
{
    private const int Writers = 20;
    private static readonly GrainId Grain = GrainId.Create("counter", "a/b c");
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    /// <summary>Opens the store of this test, each time as another process would.</summary>
    protected abstract IObjectStore Open();

    internal static ObjectStoreGrainStorage Storage(IObjectStore store, string name = "default") =>
        new(name, store, new OrleansGrainStorageSerializer(Services.GetRequiredService<Serializer>()), Services.GetRequiredService<IActivatorProvider>());

    private ObjectStoreGrainStorage Storage(string name = "default") => Storage(Open(), name);

    [Fact]
    public async Task State_that_was_never_written_is_new()
    {
        var state = new GrainState<List<int>>([1]) { ETag = "stale", RecordExists = true };

        await Storage().ReadStateAsync("numbers", Grain, state);

        Assert.Empty(state.State!);
        Assert.Null(state.ETag);
        Assert.False(state.RecordExists);
    }

    [Fact]
    public async Task State_is_read_back_changed_and_cleared()
    {
        var state = new GrainState<List<int>>([1, 2, 3]);
        await Storage().WriteStateAsync("numbers", Grain, state);
        Assert.True(state.RecordExists);
        Assert.Equal((state.ETag, "1,2,3"), await ReadAsync());

        state.State = [4];
        var before = state.ETag;
        await Storage().WriteStateAsync("numbers", Grain, state);
        Assert.NotEqual(before, state.ETag);
        Assert.Equal((state.ETag, "4"), await ReadAsync());

        await Storage().ClearStateAsync("numbers", Grain, state);
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Empty(state.State!);
        Assert.Equal((null, ""), await ReadAsync());

        state.State = [5];
        await Storage().WriteStateAsync("numbers", Grain, state);
        Assert.Equal((state.ETag, "5"), await ReadAsync());
    }

    [Fact]
    public async Task Names_states_and_grains_do_not_meet()
    {
        (string Storage, string State, GrainId Grain)[] keys =
        [
            ("default", "a", GrainId.Create("t", "k")), ("other", "a", GrainId.Create("t", "k")), ("default", "b", GrainId.Create("t", "k")),
            ("default", "a", GrainId.Create("t", "K")), ("default", "a", GrainId.Create("t", "k_")), ("default", "a", GrainId.Create("t", "k.")),
            ("default", "a", GrainId.Create("t", new string('x', 400))), ("default", "a", GrainId.Create("t", new string('x', 401))),
        ];
        for (var i = 0; i < keys.Length; i++)
            await Storage(keys[i].Storage).WriteStateAsync(keys[i].State, keys[i].Grain, new GrainState<List<int>>([i]));

        for (var i = 0; i < keys.Length; i++)
        {
            var state = new GrainState<List<int>>([]);
            await Storage(keys[i].Storage).ReadStateAsync(keys[i].State, keys[i].Grain, state);
            Assert.Equal([i], state.State);
        }
    }

    [Fact]
    public async Task A_lost_race_is_an_inconsistent_state()
    {
        var mine = new GrainState<List<int>>([1]);
        await Storage().WriteStateAsync("numbers", Grain, mine);
        var other = new GrainState<List<int>>([2]) { ETag = mine.ETag };
        await Storage().WriteStateAsync("numbers", Grain, other);

        var stale = mine.ETag;
        var failure = await Assert.ThrowsAsync<InconsistentStateException>(() => Storage().WriteStateAsync("numbers", Grain, mine));
        Assert.Equal((other.ETag, stale), (failure.StoredEtag, failure.CurrentEtag));
        Assert.Equal(stale, mine.ETag);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage().ClearStateAsync("numbers", Grain, mine));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage().WriteStateAsync("numbers", Grain, new GrainState<List<int>>([3])));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage().ClearStateAsync("numbers", Grain, new GrainState<List<int>>([3])));
        Assert.Equal((other.ETag, "2"), await ReadAsync());

        await Storage().ClearStateAsync("numbers", Grain, other);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage().WriteStateAsync("numbers", Grain, mine));
        await Storage().ClearStateAsync("numbers", Grain, new GrainState<List<int>>([3]));
    }

    [Fact]
    public async Task Writers_that_retry_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            var storage = Storage();
            while (true)
            {
                var state = new GrainState<List<int>>([]);
                await storage.ReadStateAsync("numbers", Grain, state);
                state.State!.Add(writer);
                try
                {
                    await storage.WriteStateAsync("numbers", Grain, state);
                    return;
                }
                catch (InconsistentStateException)
                {
                    // Another was first.
                }
            }
        })));

        var all = new GrainState<List<int>>([]);
        await Storage().ReadStateAsync("numbers", Grain, all);
        Assert.Equal(Enumerable.Range(0, Writers), all.State!.Order());
    }

    private async Task<(string? Tag, string Numbers)> ReadAsync()
    {
        var state = new GrainState<List<int>>([]);
        await Storage().ReadStateAsync("numbers", Grain, state);
        return (state.ETag, string.Join(',', state.State!));
    }
}
