using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Catalog;
using Grid.Storage.Objects;

namespace Grid.Storage.Tests.Catalog;

public sealed class CatalogStoreTests : IDisposable
{
    private static readonly TablePath Flights = new("air", "flights");
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "grid-catalog-" + Guid.NewGuid().ToString("N"));
    private readonly IObjectStore _objects;
    private readonly CatalogStore _catalog;

    public CatalogStoreTests()
    {
        _objects = new DirectoryObjectStore(_directory);
        _catalog = new CatalogStore(_objects, TimeProvider.System);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_table_is_read_as_it_was_made()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        var request = Request(Flights) with
        {
            Columns =
            [
                new Column("id", DataType.Int64, nullable: false),
                new Column("price", DataType.Decimal(10, 2)),
                new Column("tags", DataType.Map(DataType.String, DataType.List(DataType.Struct(new Column("a", DataType.FixedBinary(3)), new Column("b", DataType.TimestampUtc, nullable: false))))),
                new Column("note", DataType.String) { Default = "none \"yet\" ä" },
            ],
            PrimaryKey = ["id"],
            Options = new TableOptions { Buckets = 7, Compression = FrameCompression.Lz4, Flush = FlushPolicy.Os, RetentionMs = 0, RetentionBytes = 5, EmitUnchanged = true },
        };
        var (made, created) = await _catalog.CreateTableAsync(request, default);
        var read = await new CatalogStore(_objects, TimeProvider.System).FindTableAsync(Flights, default);

        Assert.True(created);
        Assert.Equal((made.Path, made.Id, made.Options, made.CreatedMs), (read!.Path, read.Id, read.Options, read.CreatedMs));
        Assert.Equal(made.Schema.Columns.AsEnumerable(), read.Schema.Columns);
        Assert.Equal(made.Schema.PrimaryKey.AsEnumerable(), read.Schema.PrimaryKey);
        Assert.Equal(made.Schema.BucketKey.AsEnumerable(), read.Schema.BucketKey);
        Assert.Equal(made.Schema.LastColumnId, read.Schema.LastColumnId);
    }

    [Fact]
    public async Task Tables_that_one_process_makes_at_once_do_not_race_for_their_ids()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        var counting = new CountingObjectStore(_objects);
        var catalog = new CatalogStore(counting, TimeProvider.System);
        var made = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => catalog.CreateTableAsync(Request(new TablePath("air", $"t{i}")), default))));
        Assert.Equal(40, made.Select(answer => answer.Table.Id).Distinct().Count());
        Assert.Equal(0, counting.LostRaces);
    }

    [Fact]
    public async Task Of_many_creators_one_makes_the_table_and_the_others_find_it()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            await new CatalogStore(_objects, TimeProvider.System).CreateTableAsync(Request(Flights) with { IfNotExists = true }, default))));
        Assert.Single(answers, answer => answer.Created);
        Assert.Single(answers.Select(answer => answer.Table.Id).Distinct());
        await RefusedAsync(GridErrorCode.AlreadyExists, () => _catalog.CreateTableAsync(Request(Flights), default));
        Assert.Single(await ObjectsAsync("catalog/tables/"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_create_that_crashes_at_any_write_leaves_the_name_usable(bool after)
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        for (var step = 1; ; step++)
        {
            var path = new TablePath("air", $"t{step}");
            var dying = new FailingObjectStore(_objects, step, after);
            try
            {
                await new CatalogStore(dying, TimeProvider.System).CreateTableAsync(Request(path), default);
            }
            catch (GridException refusal) when (refusal.Code == GridErrorCode.StorageFailed)
            {
            }

            var (table, _) = await _catalog.CreateTableAsync(Request(path) with { IfNotExists = true }, default);
            Assert.Equal(table.Id, (await _catalog.FindTableAsync(path, default))!.Id);
            if (!dying.Died)
                return;
            Assert.True(step < 10);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_drop_that_crashes_at_any_write_is_found_and_finished_or_never_happened(bool after)
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        for (var step = 1; ; step++)
        {
            var (table, _) = await _catalog.CreateTableAsync(Request(Flights), default);
            var dying = new FailingObjectStore(_objects, step, after);
            var crashing = new CatalogStore(dying, TimeProvider.System);
            try
            {
                await crashing.MarkDroppedAsync(table.Id, default);
                await crashing.ContinueDropAsync(table.Id, default);
                await crashing.FinishDropAsync(table.Id, default);
            }
            catch (GridException refusal) when (refusal.Code == GridErrorCode.StorageFailed)
            {
            }

            // What the next catalog does.
            var wasDropped = await _catalog.FindTableAsync(Flights, default) is null;
            foreach (var id in await _catalog.ListDropsAsync(default))
                if (await _catalog.ContinueDropAsync(id, default) is not null)
                    await _catalog.FinishDropAsync(id, default);
            Assert.Empty(await _catalog.ListDropsAsync(default));
            Assert.Equal(wasDropped, await _catalog.FindTableAsync(Flights, default) is null);
            if (!wasDropped)
            {
                await _catalog.MarkDroppedAsync(table.Id, default);
                await _catalog.ContinueDropAsync(table.Id, default);
                await _catalog.FinishDropAsync(table.Id, default);
            }

            Assert.Empty(await ObjectsAsync("catalog/tables/"));
            Assert.Empty(await _catalog.ListTablesAsync("air", default));
            if (!dying.Died)
                return;
            Assert.True(step < 10);
        }
    }

    [Fact]
    public async Task A_name_that_points_at_a_dropped_table_is_taken_over_and_survives_the_rest_of_the_drop()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        var (old, _) = await _catalog.CreateTableAsync(Request(Flights), default);
        await _catalog.MarkDroppedAsync(old.Id, default);

        var (made, created) = await _catalog.CreateTableAsync(Request(Flights), default);
        Assert.True(created);
        Assert.NotEqual(old.Id, made.Id);
        await _catalog.ContinueDropAsync(old.Id, default);
        await _catalog.FinishDropAsync(old.Id, default);
        Assert.Equal(made.Id, (await _catalog.FindTableAsync(Flights, default))!.Id);
    }

    [Fact]
    public async Task Concurrent_changes_of_one_table_lose_nothing()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        var (table, _) = await _catalog.CreateTableAsync(Request(Flights), default);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() =>
            _catalog.ChangeTableAsync(table.Id, t => t with { Schemas = t.Schemas.Add(SchemaEvolution.Apply(t.Schema, [new AddColumn(new Column($"c{i}", DataType.Int32))])) }, default))));
        var read = (await _catalog.ReadTableAsync(table.Id, default))!;
        Assert.Equal(7, read.Schemas.Length);
        Assert.Equal(2 + 6, read.Schema.Columns.Length);
    }

    [Fact]
    public async Task A_change_of_a_dropped_table_is_refused()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        var (table, _) = await _catalog.CreateTableAsync(Request(Flights), default);
        await _catalog.MarkDroppedAsync(table.Id, default);
        await RefusedAsync(GridErrorCode.TableDropped, () => _catalog.ChangeTableAsync(table.Id, t => t, default));
        Assert.Null(await _catalog.MarkDroppedAsync(table.Id, default));
    }

    [Fact]
    public async Task A_database_with_tables_is_not_dropped_and_one_without_is()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        Assert.False(await _catalog.TryCreateDatabaseAsync("air", default));
        var (table, _) = await _catalog.CreateTableAsync(Request(Flights), default);
        await RefusedAsync(GridErrorCode.NotEmpty, async () => await Nothing(_catalog.DropDatabaseAsync("air", default)));
        await _catalog.MarkDroppedAsync(table.Id, default);
        await _catalog.DropDatabaseAsync("air", default);
        await RefusedAsync(GridErrorCode.UnknownDatabase, async () => await Nothing(_catalog.DropDatabaseAsync("air", default)));
        await RefusedAsync(GridErrorCode.UnknownDatabase, () => _catalog.CreateTableAsync(Request(Flights), default));
        Assert.Empty(await _catalog.ListDatabasesAsync(default));
    }

    [Fact]
    public async Task Databases_and_tables_are_listed_by_name()
    {
        foreach (var database in new[] { "b", "A", "a", "a-b" })
            await _catalog.TryCreateDatabaseAsync(database, default);
        Assert.Equal(["A", "a", "a-b", "b"], (await _catalog.ListDatabasesAsync(default)).AsEnumerable());
        foreach (var table in new[] { "z", "T", "t-x", "t" })
            await _catalog.CreateTableAsync(Request(new TablePath("a", table)), default);
        Assert.Equal(["T", "t", "t-x", "z"], (await _catalog.ListTablesAsync("a", default)).Select(path => path.Table));
        Assert.Empty(await _catalog.ListTablesAsync("A", default));
        await RefusedAsync(GridErrorCode.UnknownDatabase, () => _catalog.ListTablesAsync("x", default));
    }

    [Fact]
    public async Task Blocks_of_writer_ids_do_not_overlap()
    {
        var firsts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => _catalog.AllocateWritersAsync(1000, default))));
        Assert.Equal([1L, 1001, 2001, 3001, 4001, 5001], firsts.Order());
    }

    [Fact]
    public async Task A_damaged_catalog_object_is_reported_with_its_name()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        var (table, _) = await _catalog.CreateTableAsync(Request(Flights), default);
        var name = $"catalog/tables/{table.Id}.json";
        var good = System.Text.Encoding.UTF8.GetString((await _objects.ReadAsync(name, default))!.Bytes.Span);
        Assert.Contains("\"int64\"", good);
        string[] damaged =
        [
            "", "null", "[]", "{}", "nonsense", good[..^1],
            good.Replace("\"format\":1", "\"format\":2"),
            good.Replace($"\"id\":{table.Id},\"database\"", "\"id\":77,\"database\""),
            good.Replace("\"version\":1", "\"version\":2"),
            good.Replace("\"int64\"", "\"int65\""),
            good.Replace("\"int64\"", "null"),
            good.Replace("\"buckets\":4", "\"buckets\":0"),
            good.Replace("\"lastColumnId\":2", "\"lastColumnId\":1"),
            good.Replace("\"database\":\"air\"", "\"database\":\"../x\""),
        ];
        foreach (var text in damaged)
        {
            Assert.NotEqual(good, text);
            var tag = (await _objects.ReadAsync(name, default))!.Tag;
            await _objects.TryReplaceAsync(name, System.Text.Encoding.UTF8.GetBytes(text), tag, default);
            var failure = await RefusedAsync(GridErrorCode.StorageFailed, () => _catalog.ReadTableAsync(table.Id, default));
            Assert.Contains(name, failure.Message);
        }
    }

    [Fact]
    public async Task Illegal_options_are_refused_and_what_is_fixed_stays()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        var good = new TableOptions();
        foreach (var bad in new[] { good with { Buckets = 0 }, good with { Buckets = 1025 }, good with { SegmentBytesMax = 1 }, good with { SegmentAgeMsMax = 0 }, good with { RetentionMs = -1 }, good with { RetentionBytes = -1 }, good with { Flush = (FlushPolicy)9 }, good with { Compression = (FrameCompression)9 }, good with { Merge = (MergeEngine)9 } })
            await RefusedAsync(GridErrorCode.InvalidArgument, () => _catalog.CreateTableAsync(Request(Flights) with { Options = bad }, default));
        Assert.Throws<GridException>(() => TableOptionsRules.RequireReplaceable(good, good with { Buckets = 5 }));
        TableOptionsRules.RequireReplaceable(good, good with { RetentionMs = 5 });
    }

    private static CreateTable Request(TablePath path) => new()
    {
        Path = path,
        Columns = [new Column("id", DataType.Int64), new Column("name", DataType.String)],
    };

    private static async Task<object?> Nothing(Task task)
    {
        await task;
        return null;
    }

    private static async Task<GridException> RefusedAsync<T>(GridErrorCode code, Func<Task<T>> call)
    {
        var refusal = await Assert.ThrowsAsync<GridException>(call);
        Assert.Equal(code, refusal.Code);
        return refusal;
    }

    private async Task<ImmutableArray<string>> ObjectsAsync(string prefix)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        await foreach (var entry in _objects.ListAsync(prefix, default))
            names.Add(entry.Name);
        return names.DrainToImmutable();
    }
}
