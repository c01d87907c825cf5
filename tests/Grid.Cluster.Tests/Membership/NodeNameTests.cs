using Grid.Client;

namespace Grid.Cluster.Tests.Membership;

/// <summary>Real processes that want to be the same node: one is, the later is refused and says why, and the first one does not notice.</summary>
[Collection(ProcessesCollection.Name)]
public sealed class NodeNameTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("grid-names-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_second_process_on_the_same_data_directory_is_refused()
    {
        await using var first = await StartAsync("data");
        await WriteAsync(first, 1);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("data"));

        Assert.Contains("it ended with 1", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"grid: The data directory {Path.Combine(_root.FullName, "data")} is in use by another process", refusal.Message, StringComparison.Ordinal);
        AssertIsShort(refusal);
        await WriteAsync(first, 2);
        Assert.Equal(2, await CountAsync(first));
    }

    [Fact]
    public async Task A_second_process_of_the_name_with_another_data_directory_is_refused_while_the_first_runs()
    {
        await using var first = await StartAsync("data");
        await WriteAsync(first, 1);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("other"));

        Assert.Contains("it ended with 1", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("grid: A node 'a' with another data directory runs at", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Give this one a name of its own (Grid:Node, --node)", refusal.Message, StringComparison.Ordinal);
        AssertIsShort(refusal);
        await WriteAsync(first, 2);
        Assert.Equal(2, await CountAsync(first));

        // A node that has stopped gave its name back.
        await first.SignalAsync("TERM");
        await first.WaitForExitAsync();
        await using var second = await StartAsync("other");
    }

    [Fact]
    public async Task Of_two_that_start_at_the_same_time_one_serves()
    {
        var starts = new[] { StartAsync("data"), StartAsync("other") };
        await Task.WhenAll((IEnumerable<Task>)starts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        foreach (var start in starts.Where(start => start.IsCompletedSuccessfully))
            await (await start).DisposeAsync();

        var refusal = Assert.IsType<InvalidOperationException>(Assert.Single(starts, start => start.IsFaulted).Exception!.InnerException);
        Assert.Contains("grid: A node 'a' with another data directory runs at", refusal.Message, StringComparison.Ordinal);
    }

    // No stacks around what is to be read.
    private static void AssertIsShort(Exception refusal) => Assert.DoesNotContain("   at ", refusal.Message, StringComparison.Ordinal);

    private Task<ServerProcess> StartAsync(string data) =>
        ServerProcess.StartAsync(Path.Combine(_root.FullName, data), ServerProcess.FreePorts(), "--node", "a", "--cluster", Path.Combine(_root.FullName, "cluster"));

    private static async Task WriteAsync(ServerProcess server, long number)
    {
        await using var client = await server.ConnectAsync();
        await client.CreateDatabaseAsync("n", ifNotExists: true);
        await using var table = await client.CreateTableAsync<Event>("n.events", ifNotExists: true);
        await table.AppendAsync(new Event(1, number, "event"));
    }

    private static async Task<long> CountAsync(ServerProcess server)
    {
        await using var client = await server.ConnectAsync();
        await using var table = await client.OpenTableAsync<Event>("n.events");
        return await table.CountAsync();
    }
}
