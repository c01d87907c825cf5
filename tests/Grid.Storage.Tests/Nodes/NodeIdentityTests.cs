using System.Text;
using Grid.Abstractions;
using Grid.Storage.Nodes;
using Grid.Testing.Files;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Nodes;

public sealed class NodeIdentityTests
{
    private const string Data = "/data";
    private static readonly string IdentityFile = Path.Combine(Data, "node.json");

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_directory_keeps_the_name_and_the_number_of_its_first_use()
    {
        var files = new FaultyFileStore(1);
        NodeIdentity first;
        await using (var node = Open(files, "a"))
            first = node.Identity;
        Assert.Equal((new NodeName("a"), _time.NowMs), (first.Name, first.CreatedMs));
        await using (var node = Open(files, "a"))
            Assert.Equal(first, node.Identity);
        Assert.Equal($"{{\"format\":1,\"name\":\"a\",\"id\":\"{first.Id}\",\"createdMs\":{first.CreatedMs}}}", Encoding.UTF8.GetString(files.Bytes(IdentityFile)));

        await using var other = Open(new FaultyFileStore(1), "a");
        Assert.NotEqual(first.Id, other.Identity.Id);
    }

    [Fact]
    public async Task A_directory_of_another_node_is_refused_and_left_free()
    {
        var files = new FaultyFileStore(1);
        await using (Open(files, "a"))
        {
        }

        var refusal = Assert.Throws<GridException>(() => Open(files, "b"));
        Assert.Equal(GridErrorCode.DirectoryInUse, refusal.Code);
        Assert.Contains("'a'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--node a", refusal.Message, StringComparison.Ordinal);
        await using var node = Open(files, "a");
    }

    [Fact]
    public void An_illegal_name_is_refused() =>
        Assert.Equal(GridErrorCode.InvalidName, Assert.Throws<GridException>(() => Open(new FaultyFileStore(1), "a/b")).Code);

    [Fact]
    public async Task A_damaged_file_is_reported_by_name()
    {
        var files = new FaultyFileStore(1);
        await using (Open(files, "a"))
        {
        }

        files.Flip(IdentityFile, 3, 6);
        var failure = Assert.Throws<GridException>(() => Open(files, "a"));
        Assert.Equal(GridErrorCode.Corrupt, failure.Code);
        Assert.Contains("node.json", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_step_leaves_a_directory_that_opens(bool powerLoss)
    {
        for (var step = 0; ; step++)
        {
            var files = new FaultyFileStore(step) { CrashAt = step };
            NodeIdentity? before = null;
            try
            {
                before = Open(files, "a").Identity;
            }
            catch (Exception failure) when (failure is GridException or IOException)
            {
            }

            var after = files.AfterCrash(powerLoss, step);
            NodeIdentity survivor;
            await using (var node = Open(after, "a"))
                survivor = node.Identity;
            if (before is not null)
                Assert.Equal(before, survivor);
            await using (var node = Open(after, "a"))
                Assert.Equal(survivor, node.Identity);
            if (!files.Crashed)
                return;
        }
    }

    private StorageNode Open(FaultyFileStore files, string name) => new(new StorageNodeOptions { DataDirectory = Data, NodeName = new NodeName(name) }, _time, files);
}
