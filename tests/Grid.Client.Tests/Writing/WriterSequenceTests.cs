using CsCheck;
using Grid.Abstractions;
using Grid.Client.Tests.Fakes;
using Grid.Testing.Time;

namespace Grid.Client.Tests.Writing;

public sealed class WriterSequenceTests
{
    private sealed record Reading(int Source, int Number, string Text);

    [Fact]
    public void Every_acknowledged_row_is_stored_once_and_in_order_over_a_bad_network() =>
        Gen.Int.Sample(seed => RunAsync(seed).GetAwaiter().GetResult(), iter: 12, threads: 1);

    private static async Task RunAsync(int seed)
    {
        const int Sources = 6;
        const int Rows = 150;
        var grid = new FakeGrid(TableDefinition.Of<Reading>("test.readings", new TableOptions { Buckets = 2 })) { Network = new BadNetwork(seed).CallAsync };
        await using var client = grid.Connect();
        var table = await client.OpenTableAsync<Reading>("test.readings");
        await using var writer = table.CreateWriter(new WriterOptions { FrameBytes = 1024, LingerMax = TimeSpan.FromMilliseconds(1) });
        var landed = new WrittenRow[Sources, Rows];
        await Task.WhenAll(Enumerable.Range(0, Sources).Select(source => Task.Run(async () =>
        {
            var acknowledged = new List<Task<WrittenRow>>();
            for (var i = 0; i < Rows; i++)
            {
                acknowledged.Add(writer.WriteAsync(new Reading(source, i, new string('x', i % 50))));
                if (i % 10 == source)
                    await Task.Yield();
            }

            for (var i = 0; i < Rows; i++)
                landed[source, i] = await acknowledged[i];
        })));

        var stored = await StoredAsync(table);
        Assert.Equal(Sources * Rows, stored.Count);
        for (var source = 0; source < Sources; source++)
        {
            for (var i = 0; i < Rows; i++)
            {
                var row = stored[(landed[source, i].Bucket, landed[source, i].Offset)];
                Assert.Equal((source, i, new string('x', i % 50)), (row.Source, row.Number, row.Text));
            }
        }

        // Of one source's rows in one bucket, later ones have later offsets.
        foreach (var own in stored.GroupBy(s => (s.Key.Bucket, s.Value.Source)))
            Assert.Equal(own.OrderBy(s => s.Key.Offset).Select(s => s.Value.Number), own.Select(s => s.Value.Number).Order());
    }

    [Fact]
    public async Task A_refused_frame_takes_only_its_own_rows_along()
    {
        var grid = new FakeGrid(TableDefinition.Of<Reading>("test.readings", new TableOptions { Buckets = 1 })) { Network = new BadNetwork(3).CallAsync };
        await using var client = grid.Connect();
        var table = await client.OpenTableAsync<Reading>("test.readings");
        grid.Bucket(0).Refuses = frame => frame.Header.RowCount == 77 ? new GridException(GridErrorCode.SchemaMismatch, "no") : null;
        await using var writer = table.CreateWriter(new WriterOptions { FrameBytes = 1024 });
        var good = new List<Task<WrittenRow>>();
        for (var i = 0; i < 100; i++)
            good.Add(writer.WriteAsync(new Reading(0, i, new string('a', 40))));
        await Task.WhenAll(good);
        Assert.Equal(1, grid.WritersGiven);

        var frames = Enumerable.Range(0, 3).Select(_ => table.AppendAsync(Enumerable.Range(0, 77).Select(i => new Reading(1, i, "")))).ToArray();
        var outcomes = await Task.WhenAll(frames.Select(async f => await Record.ExceptionAsync(() => f)));
        await writer.WriteAsync(new Reading(2, 0, ""));
        foreach (var refused in outcomes.Where(o => o is not null))
            Assert.Equal(GridErrorCode.SchemaMismatch, Assert.IsType<GridException>(refused).Code);
        var stored = await StoredAsync(table);
        Assert.Equal(100, stored.Values.Count(r => r.Source == 0));
        Assert.Equal(77 * outcomes.Count(o => o is null), stored.Values.Count(r => r.Source == 1));
        Assert.Single(stored.Values, r => r.Source == 2);
    }

    [Fact]
    public async Task Rows_behind_a_refused_frame_are_sent_again_under_a_new_writer_id()
    {
        var grid = new FakeGrid(TableDefinition.Of<Reading>("test.readings", new TableOptions { Buckets = 1 }));
        await using var client = grid.Connect(options: new GridClientOptions { RetryDelay = TimeSpan.FromMilliseconds(1), Writer = new WriterOptions { FrameBytes = 1024, LingerMax = TimeSpan.FromMilliseconds(1) } });
        var table = await client.OpenTableAsync<Reading>("test.readings");
        var firstArrived = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var calls = 0;
        grid.Network = async call =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                firstArrived.SetResult();
                await go.Task;
            }

            await call();
        };
        grid.Bucket(0).Refuses = frame => frame.Header is { Sequence: 0, Writer.Value: 1 } ? new GridException(GridErrorCode.SchemaMismatch, "no") : null;

        var first = table.AppendAsync(new Reading(0, 0, "refused"));
        await firstArrived.Task;
        var others = table.AppendAsync(Enumerable.Range(1, 500).Select(i => new Reading(0, i, $"text number {i * 7919}")));
        go.SetResult();
        Assert.Equal(GridErrorCode.SchemaMismatch, (await Assert.ThrowsAsync<GridException>(() => first)).Code);
        Assert.Equal(500, await others);
        var stored = await StoredAsync(table);
        Assert.Equal(Enumerable.Range(1, 500), stored.OrderBy(s => s.Key.Offset).Select(s => s.Value.Number));
        Assert.Equal(2, grid.WritersGiven);
    }

    [Fact]
    public async Task A_writer_that_the_bucket_has_forgotten_goes_on_under_a_new_id()
    {
        var grid = new FakeGrid(TableDefinition.Of<Reading>("test.readings", new TableOptions { Buckets = 1 }));
        await using var client = grid.Connect();
        var table = await client.OpenTableAsync<Reading>("test.readings");
        await table.AppendAsync(new Reading(0, 0, "a"));
        await table.AppendAsync(new Reading(0, 1, "b"));
        grid.Bucket(0).ForgetWriters();
        var landed = await table.AppendAsync(new Reading(0, 2, "c"));
        Assert.Equal(new LogOffset(2), landed.Offset);
        Assert.Equal(2, grid.WritersGiven);
    }

    [Fact]
    public async Task A_late_refusal_of_a_call_that_was_not_sent_as_the_oldest_renumbers_nothing()
    {
        var grid = new FakeGrid(TableDefinition.Of<Reading>("test.readings", new TableOptions { Buckets = 1 }));
        await using var client = grid.Connect(options: new GridClientOptions { RetryDelay = TimeSpan.FromMilliseconds(1), Writer = new WriterOptions { LingerMax = TimeSpan.FromMilliseconds(1) } });
        var table = await client.OpenTableAsync<Reading>("test.readings");
        var (firstSent, firstMayArrive) = (new TaskCompletionSource(), new TaskCompletionSource());
        var (secondRefused, refusalMayArrive) = (new TaskCompletionSource(), new TaskCompletionSource());
        var calls = 0;
        grid.Network = async call =>
        {
            switch (Interlocked.Increment(ref calls))
            {
                case 1:
                    firstSent.SetResult();
                    await firstMayArrive.Task;
                    await call();
                    break;
                case 2: // it overtakes the first, is refused for that, and the refusal takes its time
                    var refusal = await Assert.ThrowsAsync<GridException>(call);
                    Assert.Equal((GridErrorCode.SequenceOutOfOrder, 0L), (refusal.Code, refusal.Detail));
                    secondRefused.SetResult();
                    await refusalMayArrive.Task;
                    throw refusal;
                default:
                    await call();
                    break;
            }
        };

        var first = table.AppendAsync(new Reading(0, 0, "a"));
        await firstSent.Task;
        var second = table.AppendAsync(new Reading(0, 1, "b"));
        await secondRefused.Task;
        firstMayArrive.SetResult();
        await first; // the second is the oldest from here on, but was not when it was sent
        refusalMayArrive.SetResult();
        await second;

        Assert.Equal([(1L, 0), (1L, 1)], grid.Bucket(0).Log.Select(f => (f.Header.Writer.Value, f.Header.Sequence)));
        Assert.Equal(1, grid.WritersGiven);
    }

    [Fact]
    public async Task Nobody_answering_is_reported_as_a_timeout_once_the_time_is_over()
    {
        var grid = new FakeGrid(TableDefinition.Of<Reading>("test.readings", new TableOptions { Buckets = 1 })) { Network = static _ => throw new TimeoutException("nobody") };
        var time = new ManualTimeProvider();
        await using var client = grid.Connect(time, new GridClientOptions { RetryFor = TimeSpan.FromSeconds(2), RetryDelay = TimeSpan.FromSeconds(1) });
        var table = await client.OpenTableAsync<Reading>("test.readings");
        var append = table.AppendAsync(new Reading(0, 0, "a"));
        while (!append.IsCompleted)
        {
            SpinWait.SpinUntil(() => append.IsCompleted || time.Armed > 0);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(GridErrorCode.Timeout, (await Assert.ThrowsAsync<GridException>(() => append)).Code);
        grid.Network = static call => call();
        var landed = await table.AppendAsync(new Reading(0, 1, "b"));
        Assert.Equal(new LogOffset(0), landed.Offset);
    }

    [Fact]
    public async Task Rows_of_an_older_schema_version_are_encoded_again()
    {
        var grid = new FakeGrid(TableDefinition.Of<Reading>("test.readings", new TableOptions { Buckets = 1 }));
        await using var old = grid.Connect();
        var oldTable = await old.OpenTableAsync<Reading>("test.readings");
        await oldTable.AppendAsync(new Reading(0, 0, "a"));
        grid.Alter(new AddColumn(new Column("extra", DataType.Int64)));
        await using var fresh = grid.Connect();
        await (await fresh.OpenTableAsync<Reading>("test.readings")).AppendAsync(new Reading(1, 0, "b"));

        await oldTable.AppendAsync(new Reading(0, 1, "c"));
        var calls = grid.Bucket(0).Calls;
        await oldTable.AppendAsync(new Reading(0, 2, "d"));
        Assert.Equal(calls + 1, grid.Bucket(0).Calls); // it knows now
        Assert.Equal([1, 2, 2, 2], grid.Bucket(0).Log.Select(f => (int)f.Header.SchemaVersion.Value));
        Assert.Equal(["a", "b", "c", "d"], (await StoredAsync(oldTable)).OrderBy(s => s.Key.Offset).Select(s => s.Value.Text));
    }

    private static async Task<Dictionary<(int Bucket, LogOffset Offset), Reading>> StoredAsync(GridTable<Reading> table)
    {
        var stored = new Dictionary<(int, LogOffset), Reading>();
        await foreach (var change in table.ChangesAsync(new ChangeOptions { StopAtEnd = true }))
            stored.Add((change.Bucket, change.Offset), change.Row);
        return stored;
    }
}
