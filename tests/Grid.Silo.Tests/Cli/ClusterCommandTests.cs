using System.Text.Json;
using Grid.Silo.Cli;

namespace Grid.Silo.Tests.Cli;

public sealed class ClusterCommandTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestCli _cli;

    public ClusterCommandTests() => _cli = new TestCli(_directory["data"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Nodes_and_buckets_are_listed()
    {
        await _cli.OkAsync("table create lab.n n:int64 --buckets 2");
        await _cli.OkAsync("append", "lab.n", "--row", "{\"n\":1}");

        var node = Json(await _cli.OkAsync("node list --json"));
        Assert.Equal(("local", "live"), (node.GetProperty("name").GetString(), node.GetProperty("state").GetString()));
        Assert.Equal((1, 1), (node.GetProperty("buckets").GetInt32(), node.GetProperty("leaders").GetInt32()));
        Assert.True(node.GetProperty("bytes").GetInt64() > 0);
        Assert.Contains("local", (await _cli.OkAsync("node list")).Out, StringComparison.Ordinal);

        var bucket = Json(await _cli.OkAsync("bucket list lab.n --json"));
        Assert.Equal(("lab.n", "local"), (bucket.GetProperty("table").GetString(), bucket.GetProperty("leader").GetString()));
        Assert.Equal(["local"], bucket.GetProperty("inSync").EnumerateArray().Select(name => name.GetString()!));
        Assert.Contains("lab.n", (await _cli.OkAsync("bucket list")).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, (await _cli.RunAsync("bucket list lab.none")).Code);
    }

    [Fact]
    public async Task One_node_is_even_and_cannot_be_drained()
    {
        await _cli.OkAsync("table create lab.n n:int64 --buckets 1");
        await _cli.OkAsync("append", "lab.n", "--row", "{\"n\":1}");
        Assert.Contains("even", (await _cli.OkAsync("rebalance --dry-run")).Error, StringComparison.Ordinal);
        Assert.Equal("{\"moves\":0,\"leaderChanges\":0,\"stuck\":0}\n", (await _cli.OkAsync("rebalance --json")).Out);

        var refused = await _cli.RunAsync("node drain local");
        Assert.Equal(ExitCode.Failed, refused.Code);
        Assert.Contains("cannot be drained", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, (await _cli.RunAsync("node drain nobody")).Code);
        Assert.Equal(ExitCode.Failed, (await _cli.RunAsync("rebalance --moves 0")).Code);
        Assert.Equal("{\"node\":\"local\",\"wasDraining\":false}\n", (await _cli.OkAsync("node undrain local --json")).Out);

        // What a table asks for and one node cannot give stays its goal.
        await _cli.OkAsync("table alter lab.n --replicas 3");
        Assert.Equal("1\n", (await _cli.OkAsync("scan lab.n --count")).Out);
    }

    private static JsonElement Json(TestCli.Result result) => JsonDocument.Parse(Assert.Single(result.Lines)).RootElement;
}
