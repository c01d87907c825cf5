using System.Collections.Concurrent;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tests.Fakes;
using Grid.Client.Writing;

namespace Grid.Client.Tests.Partitions;

public sealed class PartitionedLogTests(EmbeddedGrid grid) : IClassFixture<EmbeddedGrid>
{
    private sealed record Event([property: PartitionBy] string Day, long Id);

    private sealed record Measure([property: PartitionBy] string Day, [property: PartitionBy(1)] int Site, [property: BucketKey] long Sensor, double Value);

    private Task<GridTable<Event>> CreateAsync(string name, PartitionOptions? partitions = null, int buckets = 2) =>
        grid.Client.CreateTableAsync<Event>($"test.{name}", new TableOptions { Buckets = buckets, Partitions = partitions ?? new PartitionOptions() });

    [Fact]
    public async Task Rows_go_to_the_partition_of_their_value_which_is_made_when_they_come()
    {
        await using var table = await CreateAsync("made", buckets: 1);
        await table.AppendAsync([new Event("a", 1), new Event("b", 2), new Event("a", 3)]);
        var last = await table.AppendAsync(new Event("b", 4));
        var partitions = await table.Untyped.ListPartitionsAsync();
        Assert.Equal(["a", "b"], partitions.Select(partition => partition.Values[0]));
        Assert.Equal((partitions[1].Id, new LogOffset(1)), (last.Partition, last.Offset));
        var changes = await ToListAsync(table.ChangesAsync(new ChangeOptions { StopAtEnd = true }));
        Assert.Equal(
            [(partitions[0].Id, 0L, 1L), (partitions[0].Id, 1, 3), (partitions[1].Id, 0, 2), (partitions[1].Id, 1, 4)],
            changes.Select(change => (change.Partition, change.Offset.Value, change.Row.Id)).Order());
        Assert.Equal(4, await table.CountAsync());
        Assert.Equal([2, 4], (await ToListAsync(table.ScanAsync(new ScanOptions { Where = "day = 'b'" }))).Select(row => row.Id));
        Assert.Equal(2, (await table.Untyped.GetStatusAsync()).Count);
        Assert.Equal(["b"], (await table.Untyped.ListPartitionsAsync("day > 'a'")).Select(partition => partition.Values[0]));
    }

    [Fact]
    public async Task Batches_over_many_partitions_and_buckets_land_whole_and_once()
    {
        await using var table = await grid.Client.CreateTableAsync<Measure>("test.measures", new TableOptions { Buckets = 3 });
        var rows = Enumerable.Range(0, 20_000).Select(i => new Measure($"2026-11-{(i % 7) + 1:00}", i % 5, i % 97, i)).ToArray();
        await table.AppendAsync(rows);
        Assert.Equal(35, (await table.Untyped.ListPartitionsAsync()).Count);

        // The same rows again as batches, by way of a scan.
        await using (var writer = table.Untyped.CreateWriter())
        {
            await foreach (var batch in table.Untyped.ScanAsync())
                using (batch)
                    await writer.AddAsync(batch.Rows);
        }

        var read = await ToListAsync(table.ScanAsync());
        Assert.Equal(rows.Concat(rows).Select(row => row.Value).Order(), read.Select(row => row.Value).Order());
        var some = await ToListAsync(table.ScanAsync(new ScanOptions { Where = "day = '2026-11-03' and site in (1, 2)" }));
        Assert.Equal(2 * rows.Count(row => row is { Day: "2026-11-03", Site: 1 or 2 }), some.Count);

        // A sensor is in one bucket of each partition.
        var buckets = new ConcurrentDictionary<(PartitionId, long), int>();
        await foreach (var batch in table.Untyped.ScanAsync(new ScanOptions { Columns = ["sensor"] }))
            using (batch)
                foreach (var sensor in ((Int64Array)batch.Rows.Column(0)).Values)
                    Assert.Equal(batch.Bucket, buckets.GetOrAdd((batch.Partition, sensor), batch.Bucket));
    }

    [Fact]
    public async Task More_partitions_than_a_writer_keeps_pipes_for_get_each_row_once()
    {
        await using var table = await CreateAsync("pipes", buckets: 1);
        await using (var writer = table.CreateWriter())
        {
            for (var round = 0; round < 3; round++)
                for (var day = 0; day < 3 * PartitionPipes.KeptMax; day++)
                    await writer.WriteAsync(new Event($"d{day}", round));
        }

        var rows = await ToListAsync(table.ScanAsync());
        Assert.Equal(9 * PartitionPipes.KeptMax, rows.Count);
        Assert.Equal(rows.Count, rows.Distinct().Count());
    }

    [Fact]
    public async Task Rows_of_no_partition_are_refused_where_they_make_none_and_nothing_of_their_batch_is_written()
    {
        await using var table = await CreateAsync("closed", new PartitionOptions { CreateOnWrite = false });
        await table.Untyped.CreatePartitionAsync(["a"]);
        var refusal = await Assert.ThrowsAsync<GridException>(() => table.AppendAsync([new Event("a", 1), new Event("b", 2)]));
        Assert.Equal(GridErrorCode.UnknownPartition, refusal.Code);
        Assert.Contains("day=b", refusal.Message);
        Assert.Equal(0, await table.CountAsync());
        await table.Untyped.CreatePartitionAsync(["b"]);
        await table.AppendAsync([new Event("a", 1), new Event("b", 2)]);
        Assert.Equal(2, await table.CountAsync());
        Assert.Equal(GridErrorCode.AlreadyExists, (await Assert.ThrowsAsync<GridException>(() => table.Untyped.CreatePartitionAsync(["b"]))).Code);
        Assert.Equal((await table.Untyped.ListPartitionsAsync())[1], await table.Untyped.CreatePartitionAsync(["b"], ifNotExists: true));
    }

    [Fact]
    public async Task A_dropped_partition_refuses_its_writers_once_and_begins_anew_with_the_next_rows()
    {
        await using var table = await CreateAsync("dropped", buckets: 1);
        var first = await table.AppendAsync(new Event("a", 1));
        await table.AppendAsync(new Event("b", 1));
        await table.Untyped.DropPartitionAsync(["a"]);
        Assert.Equal(GridErrorCode.PartitionDropped, (await Assert.ThrowsAsync<GridException>(() => table.AppendAsync(new Event("a", 2)))).Code);
        var again = await table.AppendAsync(new Event("a", 3));
        Assert.Equal(LogOffset.Zero, again.Offset);
        Assert.True(again.Partition > first.Partition);
        Assert.Equal(2, await table.CountAsync());
        Assert.Equal([3], (await ToListAsync(table.ScanAsync(new ScanOptions { Where = "day = 'a'" }))).Select(row => row.Id));
        await table.Untyped.DropPartitionAsync(["a"]);
        await table.Untyped.DropPartitionAsync(["a"], ifExists: true);
        Assert.Equal(GridErrorCode.UnknownPartition, (await Assert.ThrowsAsync<GridException>(() => table.Untyped.DropPartitionAsync(["a"]))).Code);
    }

    [Fact]
    public async Task Partitions_that_a_filter_cannot_match_are_not_asked()
    {
        await using var table = await CreateAsync("pruned", buckets: 2);
        foreach (var day in new[] { "a", "b", "c" })
            await table.Untyped.CreatePartitionAsync([day]);
        Assert.Equal(0, await table.CountAsync("day >= 'b' and day != 'c' and id > 5"));
        var used = new HashSet<PartitionId>();
        await foreach (var bucket in grid.Client.Cluster.ListBucketsAsync("test.pruned"))
            used.Add(bucket.Bucket.Partition);
        Assert.Equal([(await table.Untyped.ListPartitionsAsync("day = 'b'"))[0].Id], used);
    }

    [Fact]
    public async Task The_last_rows_are_those_of_all_partitions()
    {
        await using var table = await CreateAsync("limited", buckets: 1);
        for (var i = 0; i < 10; i++)
            await table.AppendAsync(new Event($"d{i % 3}", i));
        Assert.Equal(Enumerable.Range(0, 10), (await table.LimitScanAsync(100)).Select(row => (int)row.Id).Order());
        Assert.Equal(4, (await table.LimitScanAsync(4)).Distinct().Count()); // which of one millisecond are the last nobody knows
    }

    [Fact]
    public async Task A_stream_reads_partitions_that_come_from_their_start_and_lets_dropped_ones_go()
    {
        await using var table = await CreateAsync("stream", buckets: 2);
        await table.AppendAsync(new Event("a", 1));
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var stream = table.ChangesAsync(cancellationToken: stop.Token).GetAsyncEnumerator(stop.Token);
        var reading = ReadAsync(4);
        await table.AppendAsync([new Event("b", 2), new Event("b", 3), new Event("c", 4)]);
        Assert.Equal([1, 2, 3, 4], (await reading).Order());

        await table.Untyped.DropPartitionAsync(["b"]);
        var more = ReadAsync(2);
        await table.AppendAsync(new Event("c", 5));
        await table.AppendAsync(new Event("d", 6));
        Assert.Equal([5, 6], (await more).Order());

        async Task<List<long>> ReadAsync(int count)
        {
            var ids = new List<long>();
            while (ids.Count < count && await stream.MoveNextAsync())
                ids.Add(stream.Current.Row.Id);
            return ids;
        }
    }

    [Fact]
    public async Task A_stream_with_a_filter_follows_only_partitions_that_may_match()
    {
        await using var table = await CreateAsync("followed", buckets: 1);
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var stream = table.ChangesAsync(new ChangeOptions { Where = "day >= 'm'" }, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = stream.MoveNextAsync().AsTask();
        await table.AppendAsync([new Event("a", 1), new Event("z", 2)]);
        Assert.True(await next);
        Assert.Equal(2, stream.Current.Row.Id);
    }

    [Fact]
    public async Task A_stream_goes_on_where_another_one_stopped_in_each_partition()
    {
        await using var table = await CreateAsync("resumed", buckets: 1);
        await table.AppendAsync([new Event("a", 1), new Event("a", 2), new Event("b", 3)]);
        var ends = new Dictionary<(PartitionId, int), LogOffset>();
        await foreach (var batch in table.Untyped.ChangesAsync(new ChangeOptions { StopAtEnd = true }))
            using (batch)
                ends[(batch.Partition, batch.Bucket)] = batch.EndOffset;
        await table.AppendAsync([new Event("b", 4), new Event("c", 5)]);
        var rest = await ToListAsync(table.ChangesAsync(new ChangeOptions { StopAtEnd = true, Start = ScanStart.AtOffsets(ends) }));
        Assert.Equal([4, 5], rest.Select(change => change.Row.Id).Order());
        var byNumber = ScanStart.AtOffsets(new Dictionary<int, LogOffset> { [0] = LogOffset.Zero });
        Assert.Equal(GridErrorCode.InvalidArgument, (await Assert.ThrowsAsync<GridException>(() => ToListAsync(table.ChangesAsync(new ChangeOptions { Start = byNumber })))).Code);
    }

    internal static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
            list.Add(item);
        return list;
    }
}
