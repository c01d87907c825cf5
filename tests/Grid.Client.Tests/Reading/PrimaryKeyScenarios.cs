using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tests.Fakes;
using Column = Grid.Abstractions.Column;

namespace Grid.Client.Tests.Reading;

public sealed class PrimaryKeyScenarios(EmbeddedGrid grid) : IClassFixture<EmbeddedGrid>
{
    private sealed record Item([property: Key] long Id, string? Name, [property: Column(Type = "decimal(10,2)")] decimal? Amount, bool? Ok);

    private sealed record Route([property: Key, BucketKey] string Origin, [property: Key(1)] string Destination, [property: Key(2)] int Day, long Count);

    private async Task<GridTable<Item>> CreateAsync(string name, int buckets = 1) =>
        await grid.Client.CreateTableAsync<Item>($"test.{name}", new TableOptions { Buckets = buckets });

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
            list.Add(item);
        return list;
    }

    private static Item A => new(1, "a", 1.00m, true);

    private static Item B => new(1, "b", 2.00m, true);

    [Fact]
    public async Task Upserts_and_deletes_emit_the_images_before_and_after()
    {
        await using var table = await CreateAsync("changes");
        await table.UpsertAsync(A);
        await table.UpsertAsync(B);
        await table.DeleteAsync(B);
        await table.DeleteByKeyAsync(1L);
        await table.UpsertAsync(A with { Name = "c" });
        var changes = await ToListAsync(table.ChangesAsync(new ChangeOptions { StopAtEnd = true }));
        Assert.Equal(
            [(ChangeKind.Insert, A, 0L), (ChangeKind.UpdateBefore, A, 1), (ChangeKind.UpdateAfter, B, 2), (ChangeKind.Delete, B, 3), (ChangeKind.Insert, A with { Name = "c" }, 5)],
            changes.Select(c => (c.Kind, c.Row, c.Offset.Value)));
    }

    [Fact]
    public async Task An_acknowledged_write_is_seen_by_the_next_lookup()
    {
        await using var table = await CreateAsync("lookups", buckets: 4);
        Assert.Null(await table.LookupAsync(1L));
        await table.UpsertAsync(A);
        Assert.Equal(A, await table.LookupAsync(1L));
        await table.DeleteByKeyAsync(1L);
        Assert.Null(await table.LookupAsync(1L));
        await table.UpsertAsync(Enumerable.Range(0, 1000).Select(i => new Item(i, $"n{i}", i, i % 2 == 0)));
        var rows = await table.LookupManyAsync(Enumerable.Range(0, 2000).Select(i => (long)i * 2 % 1500).ToArray());
        for (var i = 0; i < rows.Length; i++)
            Assert.Equal(i * 2 % 1500 < 1000 ? new Item(i * 2 % 1500, $"n{i * 2 % 1500}", i * 2 % 1500, true) : null, rows[i]);
        var one = await table.Untyped.LookupAsync([7L], ["name"]);
        Assert.Equal("n7", ((StringArray)one!.Column(0)).GetString(0));
        Assert.Equal(GridErrorCode.InvalidKey, (await Assert.ThrowsAsync<GridException>(() => table.Untyped.LookupAsync([7L, 8L]))).Code);
    }

    [Fact]
    public async Task A_partial_update_keeps_the_other_columns_and_a_partial_delete_nulls_its_own()
    {
        await using var table = await CreateAsync("partial");
        await table.UpsertAsync(B);
        await using (var names = table.CreateWriter(new WriterOptions { Targets = ["id", "name"] }))
        {
            await names.WriteAsync(new Item(1, "c", 99, false));
            await names.WriteAsync(new Item(2, "new", 99, false));
            Assert.Equal(new Item(1, "c", 2.00m, true), await table.LookupAsync(1L));
            Assert.Equal(new Item(2, "new", null, null), await table.LookupAsync(2L));
            await names.AddDeleteAsync(new Item(1, null, null, null));
            await names.AddDeleteAsync(new Item(2, null, null, null));
        }

        Assert.Equal(new Item(1, null, 2.00m, true), await table.LookupAsync(1L));
        Assert.Null(await table.LookupAsync(2L));
        Assert.Equal(GridErrorCode.InvalidTargets, Assert.Throws<GridException>(() => table.CreateWriter(new WriterOptions { Targets = ["name"] })).Code);
        Assert.Equal(GridErrorCode.UnknownColumn, Assert.Throws<GridException>(() => table.CreateWriter(new WriterOptions { Targets = ["id", "nothing"] })).Code);
    }

    [Fact]
    public async Task A_hundred_concurrent_inserts_of_one_new_key_see_one_row()
    {
        await using var table = await CreateAsync("inserts");
        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => table.InsertIfAbsentAsync(new Item(5, $"caller {i}", i, null))));
        Assert.Single(results, r => r.Inserted);
        var winner = results.Single(r => r.Inserted);
        Assert.All(results, r => Assert.Equal((winner.Row, winner.Version), (r.Row, r.Version)));
        Assert.Equal(winner.Row, await table.LookupAsync(5L));
    }

    [Fact]
    public async Task Compare_and_set_is_refused_with_the_present_version_when_they_differ()
    {
        await using var table = await CreateAsync("compare");
        await table.CompareAndSetAsync(A, expectedVersion: null);
        var first = await table.LookupVersionedAsync(1L);
        await table.CompareAndSetAsync(B, first!.Version);
        var second = await table.LookupVersionedAsync(1L);
        var refused = await Assert.ThrowsAsync<GridException>(() => table.CompareAndSetAsync(A, first.Version));
        Assert.Equal((GridErrorCode.VersionConflict, second!.Version.Value), (refused.Code, refused.Detail));
        Assert.Equal(-1, (await Assert.ThrowsAsync<GridException>(() => table.CompareAndSetAsync(A with { Id = 9 }, new LogOffset(3)))).Detail);
        await table.CompareAndSetAsync(A, second.Version);
        Assert.Equal(A, await table.LookupAsync(1L));
    }

    [Fact]
    public async Task A_prefix_lookup_answers_in_key_order_and_asks_one_bucket_only()
    {
        await using var table = await grid.Client.CreateTableAsync<Route>("test.routes", new TableOptions { Buckets = 4 });
        await table.UpsertAsync(from origin in new[] { "SFO", "JFK", "LAX" } from destination in new[] { "ZRH", "AMS", "ORD" } from day in new[] { 3, 1, 2 } select new Route(origin, destination, day, day * 10));
        var all = await ToListAsync(table.PrefixLookupAsync("SFO"));
        Assert.Equal(["AMS1", "AMS2", "AMS3", "ORD1", "ORD2", "ORD3", "ZRH1", "ZRH2", "ZRH3"], all.Select(r => $"{r.Destination}{r.Day}"));
        Assert.Equal([1, 2, 3], (await ToListAsync(table.PrefixLookupAsync(("SFO", "ORD")))).Select(r => r.Day));
        Assert.Equal(["AMS2", "AMS3", "ORD1"], (await ToListAsync(table.RangeScanAsync(("SFO", "AMS", 2), ("SFO", "ORD", 2)))).Select(r => $"{r.Destination}{r.Day}"));
        Assert.Equal(GridErrorCode.InvalidKey, Assert.Throws<GridException>(() => table.Untyped.PrefixLookupAsync([])).Code);
        Assert.Equal(GridErrorCode.InvalidKey, Assert.Throws<GridException>(() => table.RangeScanAsync("SFO", "JFK")).Code);
        Assert.Equal(new Route("JFK", "ORD", 2, 20), await table.LookupAsync(("JFK", "ORD", 2)));
        Assert.Equal(new Route?[] { new("LAX", "AMS", 1, 10), null }, await table.LookupManyAsync(new[] { ("LAX", "AMS", 1), ("LAX", "AMS", 9) }));
        Assert.Equal(["JFKAMS1", "JFKAMS2", "JFKAMS3", "JFKORD1"], (await table.LimitScanAsync(4)).Select(r => $"{r.Origin}{r.Destination}{r.Day}"));
    }

    [Fact]
    public async Task A_snapshot_followed_by_changes_has_every_change_once_while_writers_run()
    {
        await using var table = await CreateAsync("snapshot", buckets: 3);
        await table.UpsertAsync(Enumerable.Range(0, 300).Select(i => new Item(i, "old", i, null)));
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var round = 0; round < 10; round++)
            {
                await table.UpsertAsync(Enumerable.Range(0, 300).Where(i => i % 7 == round % 7).Select(i => new Item(i, $"round {round}", i, null)));
                await table.DeleteByKeyAsync((long)round);
            }

            await table.UpsertAsync(new Item(1000, "end", 0, null));
        });
        var rows = new Dictionary<long, Item>();
        await foreach (var change in table.SnapshotThenChangesAsync(null, stop.Token))
        {
            if (change.Kind is ChangeKind.Insert)
                Assert.True(rows.TryAdd(change.Row.Id, change.Row));
            else if (change.Kind == ChangeKind.UpdateAfter)
                rows[change.Row.Id] = change.Row;
            else
                Assert.Equal(rows[change.Row.Id], change.Row);
            if (change.Kind == ChangeKind.Delete)
                rows.Remove(change.Row.Id);
            if (change.Row.Id == 1000)
                break;
        }

        await writing;
        // The last row may come before the last changes of the other buckets: compare with what a stopped reader sees.
        var whole = new Dictionary<long, Item>();
        await foreach (var change in table.SnapshotThenChangesAsync(new ChangeOptions { StopAtEnd = true }))
            whole[change.Row.Id] = change.Row;
        var scanned = await ToListAsync(table.ScanAsync());
        Assert.Equal(whole.Values.OrderBy(r => r.Id), scanned.OrderBy(r => r.Id));
        Assert.Equal(scanned.Count, await table.CountAsync());
    }

    [Fact]
    public async Task Schema_changes_are_read_by_column_id()
    {
        var untyped = await grid.Client.CreateTableAsync(TableDefinition.Of<Item>("test.evolve"));
        await untyped.DisposeAsync();
        await using var old = await grid.Client.OpenTableAsync<Item>("test.evolve");
        await old.UpsertAsync(A);
        await grid.Client.AlterTableAsync("test.evolve", new AddColumn(new Column("score", DataType.Int32) { Default = "7" }), new RenameColumn("name", "title"), new DropColumn("ok"));
        await using var fresh = await grid.Client.OpenTableAsync("test.evolve");
        var row = await fresh.LookupAsync([1L], ["title", "score"]);
        Assert.Equal("a", ((StringArray)row!.Column(0)).GetString(0));
        Assert.Equal(7, ((Int32Array)row.Column(1)).GetValue(0));
        await old.UpsertAsync(A with { Id = 2, Name = "still works" });
        row = await fresh.LookupAsync([2L], ["title", "score"]);
        Assert.Equal("still works", ((StringArray)row!.Column(0)).GetString(0));
    }

    [Fact]
    public async Task The_wrong_kind_of_table_is_refused()
    {
        await using var table = await CreateAsync("kind");
        Assert.Equal(GridErrorCode.WrongTableKind, (await Assert.ThrowsAsync<GridException>(() => table.AppendAsync(A))).Code);
        Assert.Equal(GridErrorCode.WrongTableKind, Assert.Throws<GridException>(() => table.ScanAsync(new ScanOptions { Tail = true })).Code);
    }
}
