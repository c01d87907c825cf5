using System.Text;
using Grid.Abstractions;
using Grid.Storage.Nodes;
using Grid.Storage.Objects;
using Grid.Testing.Files;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Nodes;

public sealed class StoreIdentityTests : IDisposable
{
    private const string Data = "/data";
    private static readonly string StoreFile = Path.Combine(Data, "store.json");

    private readonly string _folder = Directory.CreateTempSubdirectory("grid-store-").FullName;
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task All_directories_that_use_a_store_get_its_number_and_keep_it()
    {
        var store = Store("one");
        var (a, b) = (new FaultyFileStore(1), new FaultyFileStore(2));
        var numbers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => EnsureAsync(i == 0 ? a : i == 1 ? b : new FaultyFileStore(i), store)));
        Assert.Single(numbers.Distinct());
        Assert.Equal(numbers[0], await EnsureAsync(a, store));
        Assert.Equal($"{{\"format\":1,\"id\":\"{numbers[0]}\",\"createdMs\":{_time.NowMs}}}", Encoding.UTF8.GetString(a.Bytes(StoreFile)));
    }

    [Fact]
    public async Task A_directory_is_refused_at_another_store_and_nothing_is_changed()
    {
        var files = new FaultyFileStore(1);
        var own = await EnsureAsync(files, Store("one"));
        var other = await EnsureAsync(new FaultyFileStore(2), Store("two"));

        var refusal = await Assert.ThrowsAsync<GridException>(() => EnsureAsync(files, Store("two")));

        Assert.Equal(GridErrorCode.DirectoryInUse, refusal.Code);
        Assert.Contains($"{own}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"{other}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--cluster", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(own, await EnsureAsync(files, Store("one")));
    }

    [Fact]
    public async Task An_empty_store_does_not_become_the_one_of_a_directory_that_had_another()
    {
        var files = new FaultyFileStore(1);
        await EnsureAsync(files, Store("one"));
        var empty = Store("two");

        await Assert.ThrowsAsync<GridException>(() => EnsureAsync(files, empty));

        Assert.Null(await empty.FindAsync("store.json", CancellationToken.None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_step_leaves_a_directory_that_opens(bool powerLoss)
    {
        for (var step = 0; ; step++)
        {
            var store = Store($"{powerLoss}-{step}");
            var files = new FaultyFileStore(step) { CrashAt = step };
            try
            {
                await EnsureAsync(files, store);
            }
            catch (Exception failure) when (failure is GridException or IOException)
            {
            }

            var after = files.AfterCrash(powerLoss, step);
            Assert.Equal(await EnsureAsync(after, store), await EnsureAsync(after, store));
            if (!files.Crashed)
                return;
        }
    }

    private DirectoryObjectStore Store(string name) => new(Path.Combine(_folder, name));

    private async Task<NodeId> EnsureAsync(FaultyFileStore files, DirectoryObjectStore store)
    {
        await using var node = new StorageNode(new StorageNodeOptions { DataDirectory = Data, NodeName = new NodeName("a") }, _time, files);
        return await StoreIdentity.EnsureAsync(node, store, CancellationToken.None);
    }
}
