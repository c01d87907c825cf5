using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Grains.Tests.Catalog;

public sealed class CatalogGrainTests : IAsyncLifetime
{
    private GridCluster _grid = null!;

    public async Task InitializeAsync() => _grid = await GridCluster.StartAsync();

    public async Task DisposeAsync() => await _grid.DisposeAsync();

    [Fact]
    public async Task Databases_and_tables_are_made_listed_described_and_dropped()
    {
        var catalog = _grid.Catalog;
        await catalog.CreateDatabaseAsync("b", ifNotExists: false);
        await catalog.CreateDatabaseAsync("b", ifNotExists: true);
        await GridCluster.RefusedAsync(GridErrorCode.AlreadyExists, () => catalog.CreateDatabaseAsync("b", ifNotExists: false));
        await GridCluster.RefusedAsync(GridErrorCode.InvalidName, () => catalog.CreateDatabaseAsync("1", ifNotExists: false));

        var table = await _grid.CreateTableAsync("flights");
        await GridCluster.RefusedAsync(GridErrorCode.AlreadyExists, () => _grid.CreateTableAsync("flights"));
        Assert.Equal(["air", "b"], (await catalog.ListDatabasesAsync()).AsEnumerable());
        Assert.Equal([table.Path], (await catalog.ListTablesAsync(null)).AsEnumerable());
        Assert.Empty(await catalog.ListTablesAsync("b"));
        Assert.Equal(table.Id, (await catalog.GetTableAsync(table.Path)).Id);
        await GridCluster.RefusedAsync(GridErrorCode.UnknownTable, () => catalog.GetTableAsync(new TablePath("air", "x")));
        await GridCluster.RefusedAsync(GridErrorCode.UnknownDatabase, () => catalog.GetTableAsync(new TablePath("x", "x")));

        await GridCluster.RefusedAsync(GridErrorCode.NotEmpty, () => catalog.DropDatabaseAsync("air"));
        await catalog.DropTableAsync(table.Path);
        await GridCluster.RefusedAsync(GridErrorCode.UnknownTable, () => catalog.GetTableAsync(table.Path));
        await GridCluster.RefusedAsync(GridErrorCode.UnknownTable, () => catalog.DropTableAsync(table.Path));
        await catalog.DropDatabaseAsync("air");
        Assert.Equal(["b"], (await catalog.ListDatabasesAsync()).AsEnumerable());
    }

    [Fact]
    public async Task Of_many_creators_one_makes_the_table()
    {
        await _grid.Catalog.CreateDatabaseAsync("air", ifNotExists: true);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            try
            {
                return (await _grid.CreateTableAsync("raced")).Id.Value;
            }
            catch (GridException refusal) when (refusal.Code == GridErrorCode.AlreadyExists)
            {
                return 0;
            }
        }));
        Assert.Single(outcomes, id => id > 0);
    }

    [Fact]
    public async Task Alterations_make_versions_and_an_unexpected_one_is_refused()
    {
        var table = await _grid.CreateTableAsync("altered");
        var grain = _grid.Client.GetGrain<ITableGrain>(table.Id.Value);
        ImmutableArray<SchemaChange> add = [new AddColumn(new Column("more", DataType.String))];
        var second = await grain.AlterAsync(add, new SchemaVersion(1));
        Assert.Equal(2, second.Schema.Version.Value);
        var refusal = await GridCluster.RefusedAsync(GridErrorCode.VersionConflict, () => grain.AlterAsync([new DropColumn("more")], new SchemaVersion(1)));
        Assert.Equal(2, refusal.Detail);
        await GridCluster.RefusedAsync(GridErrorCode.InvalidSchema, () => grain.AlterAsync(add, null));
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => grain.AlterAsync([], null));
        Assert.Equal(2, (await _grid.Catalog.GetTableAsync(table.Path)).Schemas.Length);
        Assert.Equal(2, (await _grid.Store.ReadTableAsync(table.Id, default))!.Schemas.Length);
    }

    [Fact]
    public async Task Options_are_replaced_but_for_what_is_fixed()
    {
        var table = await _grid.CreateTableAsync("tuned");
        var grain = _grid.Client.GetGrain<ITableGrain>(table.Id.Value);
        var changed = await grain.SetOptionsAsync(table.Options with { RetentionMs = 5000 });
        Assert.Equal(5000, changed.Options.RetentionMs);
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => grain.SetOptionsAsync(table.Options with { Buckets = 9 }));
        Assert.Equal(5000, (await grain.GetAsync()).Options.RetentionMs);
    }

    [Fact]
    public async Task Writer_ids_are_never_given_twice()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 2500).Select(_ => _grid.Catalog.AllocateWriterAsync()));
        Assert.Equal(2500, ids.Distinct().Count());
        Assert.All(ids, id => Assert.True(id.Value > 0));
    }

    [Fact]
    public async Task A_table_that_never_was_is_refused()
    {
        await GridCluster.RefusedAsync(GridErrorCode.TableDropped, () => _grid.Client.GetGrain<ITableGrain>(777).GetAsync());
        await GridCluster.RefusedAsync(GridErrorCode.TableDropped, () => _grid.Client.GetGrain<IBucketGrain>("777/0/0").GetStatusAsync());
    }

    [Fact]
    public async Task A_drop_that_a_dead_catalog_began_is_finished_by_the_next_one()
    {
        await _grid.Store.TryCreateDatabaseAsync("air", default);
        var (table, _) = await _grid.Store.CreateTableAsync(new CreateTable { Path = new TablePath("air", "half"), Columns = [new Column("id", DataType.Int64)] }, default);
        await GridCluster.AppendAsync(_grid.Bucket(table, 3), table, 1);
        var folder = Path.Combine(_grid.Directory, "buckets", $"{table.Id}", "0", "3");
        Assert.True(Directory.Exists(folder));
        await _grid.Store.MarkDroppedAsync(table.Id, default);

        await _grid.Catalog.ListDatabasesAsync(); // wakes the catalog
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await _grid.Store.ListDropsAsync(patience.Token)).Length > 0)
            await Task.Yield();
        Assert.False(Directory.Exists(folder));
        Assert.Empty(await _grid.Catalog.ListTablesAsync("air"));
        Assert.Null(await _grid.Store.ReadTableAsync(table.Id, default));
    }
}
