using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tests.Fakes;

namespace Grid.Client.Tests.Partitions;

public sealed class PartitionedKeyTests(EmbeddedGrid grid) : IClassFixture<EmbeddedGrid>
{
    private sealed record Order([property: Key, PartitionBy] DateOnly Day, [property: Key(1), BucketKey] long Customer, [property: Key(2)] int Number, string? Note);

    /// <summary>The partition column comes last in the key, the bucket key first.</summary>
    private sealed record Visit([property: Key] string Site, [property: Key(1), PartitionBy] string Day, long Count);

    private static readonly DateOnly Monday = new(2026, 11, 23);
    private static readonly DateOnly Tuesday = new(2026, 11, 24);

    private Task<GridTable<Order>> CreateAsync(string name) => grid.Client.CreateTableAsync<Order>($"test.{name}", new TableOptions { Buckets = 3 });

    [Fact]
    public async Task Keys_are_found_in_the_partition_of_their_values_and_nowhere_else()
    {
        await using var table = await CreateAsync("found");
        Assert.Equal([2], table.Info.Schema.BucketKey.Select(id => id.Value));
        var rows = Enumerable.Range(0, 600).Select(i => new Order(i % 2 == 0 ? Monday : Tuesday, i % 11, i, $"n{i}")).ToArray();
        await table.UpsertAsync(rows);
        foreach (var row in rows.Take(20))
            Assert.Equal(row, await table.LookupAsync((row.Day, row.Customer, row.Number)));
        Assert.Null(await table.LookupAsync((Tuesday, 0L, 0)));
        Assert.Null(await table.LookupAsync((new DateOnly(1999, 1, 1), 0L, 0)));
        Assert.Equal(2, (await table.Untyped.ListPartitionsAsync()).Count);

        var keys = rows.Select(row => (row.Day, row.Customer, row.Number)).Append((new DateOnly(1999, 1, 1), 1L, 1)).ToArray();
        Assert.Equal(rows.Append(null), await table.LookupManyAsync(keys));
        Assert.Equal(rows.Length, await table.CountAsync());
        Assert.Equal(300, await table.CountAsync("day = date '2026-11-23'"));
        Assert.Equal(rows.Where(row => row.Day == Monday).OrderBy(row => row.Customer).ThenBy(row => row.Number).Take(5), await table.LimitScanAsync(5));
    }

    [Fact]
    public async Task A_prefix_or_a_range_needs_the_partition_and_the_bucket_key()
    {
        await using var table = await CreateAsync("prefixes");
        await table.UpsertAsync(Enumerable.Range(0, 60).Select(i => new Order(i % 2 == 0 ? Monday : Tuesday, i % 3, i, null)));
        Assert.Equal(Enumerable.Range(0, 60).Where(i => i % 6 == 0), (await PartitionedLogTests.ToListAsync(table.PrefixLookupAsync((Monday, 0L)))).Select(row => row.Number));
        Assert.Equal([6, 12, 18], (await PartitionedLogTests.ToListAsync(table.RangeScanAsync((Monday, 0L, 1), (Monday, 0L, 24)))).Select(row => row.Number));
        Assert.Empty(await PartitionedLogTests.ToListAsync(table.PrefixLookupAsync((new DateOnly(1999, 1, 1), 0L))));
        var refusal = await Assert.ThrowsAsync<GridException>(() => PartitionedLogTests.ToListAsync(table.PrefixLookupAsync(Monday)));
        Assert.Equal(GridErrorCode.InvalidKey, refusal.Code);
        Assert.Contains("the partition and the bucket key (day, customer)", refusal.Message);
        Assert.Equal(GridErrorCode.InvalidKey, (await Assert.ThrowsAsync<GridException>(() => PartitionedLogTests.ToListAsync(table.RangeScanAsync((Monday, 0L, 1), (Tuesday, 0L, 1))))).Code);
    }

    [Fact]
    public async Task A_partition_column_may_stand_anywhere_in_the_key()
    {
        await using var table = await grid.Client.CreateTableAsync<Visit>("test.visits", new TableOptions { Buckets = 4 });
        var rows = Enumerable.Range(0, 100).Select(i => new Visit($"s{i % 10}", $"d{i / 10}", i)).ToArray();
        await table.UpsertAsync(rows);
        Assert.Equal(rows, await table.LookupManyAsync(rows.Select(row => (row.Site, row.Day)).ToArray()));
        Assert.Equal(rows[37], await table.LookupAsync((rows[37].Site, rows[37].Day)));
        await Assert.ThrowsAsync<GridException>(() => PartitionedLogTests.ToListAsync(table.PrefixLookupAsync("s1"))); // it would be in every partition
        Assert.Equal(4, (await table.LimitScanAsync(4)).Length);
    }

    [Fact]
    public async Task Deletes_partial_writes_and_conditional_ones_work_in_their_partition()
    {
        await using var table = await CreateAsync("writes");
        var row = new Order(Monday, 1, 1, "a");
        Assert.True((await table.InsertIfAbsentAsync(row)).Inserted);
        Assert.False((await table.InsertIfAbsentAsync(row with { Note = "b" })).Inserted);
        Assert.True((await table.InsertIfAbsentAsync(row with { Day = Tuesday })).Inserted);
        var version = (await table.LookupVersionedAsync((Monday, 1L, 1)))!.Version;
        var set = await table.CompareAndSetAsync(row with { Note = "c" }, version);
        Assert.Equal((await table.Untyped.ListPartitionsAsync())[0].Id, set.Partition);
        Assert.Equal(GridErrorCode.VersionConflict, (await Assert.ThrowsAsync<GridException>(() => table.CompareAndSetAsync(row, version))).Code);
        Assert.Equal("c", (await table.LookupAsync((Monday, 1L, 1)))!.Note);

        await table.DeleteByKeyAsync((Monday, 1L, 1));
        Assert.Null(await table.LookupAsync((Monday, 1L, 1)));
        Assert.NotNull(await table.LookupAsync((Tuesday, 1L, 1)));
        await table.DeleteAsync(row with { Day = Tuesday });
        Assert.Equal(0, await table.CountAsync());
    }

    [Fact]
    public async Task A_key_of_a_dropped_partition_is_not_found_until_it_is_written_again()
    {
        await using var table = await CreateAsync("again");
        await using var other = await grid.Client.OpenTableAsync<Order>("test.again");
        var row = new Order(Monday, 1, 1, "a");
        await table.UpsertAsync(row);
        Assert.Equal(row, await other.LookupAsync((Monday, 1L, 1))); // it knows the partition now
        await table.Untyped.DropPartitionAsync([Monday]);
        Assert.Null(await other.LookupAsync((Monday, 1L, 1)));
        await other.UpsertAsync(row with { Note = "b" });

        // Who still knows the old one finds the new one, by every kind of lookup.
        Assert.Equal("b", (await table.LookupAsync((Monday, 1L, 1)))!.Note);
        await other.Untyped.DropPartitionAsync([Monday]);
        await other.Untyped.CreatePartitionAsync([Monday]);
        await Assert.ThrowsAsync<GridException>(() => table.InsertIfAbsentAsync(row));
        Assert.True((await table.InsertIfAbsentAsync(row)).Inserted);
        Assert.Equal(row, Assert.Single(await other.LookupManyAsync([(Monday, 1L, 1)])));
        Assert.Equal(new[] { row }.AsEnumerable(), await PartitionedLogTests.ToListAsync(other.PrefixLookupAsync((Monday, 1L))));
    }

    [Fact]
    public async Task A_snapshot_and_then_changes_take_partitions_in_that_come_later()
    {
        await using var table = await CreateAsync("snapshots");
        await table.UpsertAsync(new Order(Monday, 1, 1, "a"));
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var stream = table.SnapshotThenChangesAsync(cancellationToken: stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(Monday, stream.Current.Row.Day);
        await table.UpsertAsync(new Order(Tuesday, 1, 1, "b"));
        await table.UpsertAsync(new Order(Tuesday, 1, 1, "c"));
        var kinds = new List<(ChangeKind, string?)>();
        while (kinds.Count < 3 && await stream.MoveNextAsync())
            kinds.Add((stream.Current.Kind, stream.Current.Row.Note));
        Assert.Equal([(ChangeKind.Insert, "b"), (ChangeKind.UpdateBefore, "b"), (ChangeKind.UpdateAfter, "c")], kinds);
    }

    [Fact]
    public async Task Batches_of_keys_are_looked_up_and_deleted_over_partitions()
    {
        await using var table = await CreateAsync("batches");
        var rows = Enumerable.Range(0, 100).Select(i => new Order(Monday.AddDays(i % 4), i, i, $"n{i}")).ToArray();
        await table.UpsertAsync(rows);
        var keys = await table.Untyped.LimitScanAsync(100, ["number", "customer", "day"]);
        var found = await table.Untyped.LookupAsync(keys, ["note"]);
        for (var i = 0; i < keys.Length; i++)
            Assert.Equal($"n{((Int32Array)keys.Column(0)).Values[i]}", ((StringArray)found.Found.Column(0)).GetString(found.RowOf(i)));
        var deleted = await table.Untyped.DeleteAsync(keys);
        Assert.Equal(4, deleted.Ranges.Select(range => range.Partition).Distinct().Count());
        Assert.Equal(0, await table.CountAsync());
        Assert.Equal(100, (await table.Untyped.LookupAsync(keys, new LookupOptions { Floor = ReadFloor.Of(deleted) })).Count);
    }
}
