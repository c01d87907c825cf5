using Grid.Abstractions;
using Grid.Client.Tests.Fakes;
using Grid.Testing.Time;

namespace Grid.Client.Tests.Writing;

public sealed class LingerTests
{
    private sealed record Row(int Number);

    [Fact]
    public async Task An_idle_bucket_sends_at_once_and_a_busy_one_waits_for_the_linger()
    {
        var grid = new FakeGrid(TableDefinition.Of<Row>("test.rows", new TableOptions { Buckets = 1 }));
        var time = new ManualTimeProvider();
        await using var client = grid.Connect(time);
        var table = await client.OpenTableAsync<Row>("test.rows");
        var arrived = new SemaphoreSlim(0);
        var calls = 0;
        var (firstMayArrive, secondMayArrive) = (new TaskCompletionSource(), new TaskCompletionSource());
        grid.Network = async call =>
        {
            var held = Interlocked.Increment(ref calls) == 1 ? firstMayArrive : secondMayArrive;
            arrived.Release();
            await held.Task;
            await call();
        };

        // No clock moves: the first row travels alone.
        var first = table.AppendAsync(new Row(0));
        await arrived.WaitAsync();

        // The bucket is busy: ten rows gather until the linger is over, and travel together.
        var others = Enumerable.Range(1, 10).Select(i => table.AppendAsync(new Row(i))).ToArray();
        time.WaitUntilArmed(1);
        time.Advance(TimeSpan.FromMilliseconds(4));
        Assert.Equal(0, arrived.CurrentCount);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await arrived.WaitAsync();

        // One that overtakes the other would be refused, and its retry wait for a clock that stands still.
        firstMayArrive.SetResult();
        await first;
        secondMayArrive.SetResult();
        await Task.WhenAll(others);
        Assert.Equal([1, 10], grid.Bucket(0).Log.Select(f => f.Header.RowCount));
    }

    [Fact]
    public async Task A_bucket_that_becomes_idle_sends_what_gathered_without_waiting_for_the_linger()
    {
        var grid = new FakeGrid(TableDefinition.Of<Row>("test.rows", new TableOptions { Buckets = 1 }));
        await using var client = grid.Connect(new ManualTimeProvider());
        var table = await client.OpenTableAsync<Row>("test.rows");
        var arrived = new SemaphoreSlim(0);
        var held = new TaskCompletionSource();
        grid.Network = async call =>
        {
            arrived.Release();
            await held.Task;
            await call();
        };
        var first = table.AppendAsync(new Row(0));
        await arrived.WaitAsync();
        var others = Enumerable.Range(1, 10).Select(i => table.AppendAsync(new Row(i))).ToArray();
        held.SetResult();
        await Task.WhenAll([first, .. others]);
        Assert.Equal([1, 10], grid.Bucket(0).Log.Select(f => f.Header.RowCount));
    }

    [Fact]
    public async Task Two_thousand_concurrent_appends_are_each_answered_with_their_own_offset_in_far_fewer_calls()
    {
        var grid = new FakeGrid(TableDefinition.Of<Row>("test.rows", new TableOptions { Buckets = 1 }))
        {
            Network = static async call =>
        {
            await Task.Yield();
            await call();
        }
        };
        await using var client = grid.Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        var landed = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => Task.Run(() => table.AppendAsync(new Row(i)))));
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (long)i), landed.Select(l => l.Offset.Value).Order());
        Assert.True(grid.Bucket(0).Calls < 1000, $"{grid.Bucket(0).Calls} calls");
    }
}
