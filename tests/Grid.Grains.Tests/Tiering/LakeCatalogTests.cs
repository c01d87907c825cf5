using System.Diagnostics.Metrics;
using Grid.Abstractions;
using Grid.Grains.Tiering;
using Grid.Storage.Catalog;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Objects;
using Microsoft.Extensions.DependencyInjection;
using Column = Grid.Abstractions.Column;

namespace Grid.Grains.Tests.Tiering;

public sealed class LakeCatalogTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-lake-catalog-");
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly CatalogStore _catalog;
    private readonly HookedLake _store;
    private readonly LakeNode _node;
    private readonly LakeCatalog _lake;

    public LakeCatalogTests()
    {
        _catalog = new CatalogStore(new DirectoryObjectStore(Path.Combine(_directory.FullName, "objects")), TimeProvider.System);
        _store = new HookedLake(new LakeDirectory(Path.Combine(_directory.FullName, "lake")));
        _node = new LakeNode(_store, new LakeNodeOptions(), new GridGrainMetrics(_metrics.GetRequiredService<IMeterFactory>()), TimeProvider.System);
        _lake = new LakeCatalog(_catalog, _node);
    }

    public void Dispose()
    {
        _node.Dispose();
        _metrics.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task The_newest_metadata_file_is_given_out_and_its_tag_changes_with_it()
    {
        var table = await CreateAsync("events");
        var first = await _lake.ReadAsync(table.Path, default);
        await CommitAsync(table);
        var second = await _lake.ReadAsync(table.Path, default);

        Assert.EndsWith("/air/events-1/metadata/v1.metadata.json", first.Location, StringComparison.Ordinal);
        Assert.EndsWith("/air/events-1/metadata/v2.metadata.json", second.Location, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(new Uri(second.Location).LocalPath), second.Json.ToArray());
        Assert.NotEqual(first.Tag, second.Tag);
        Assert.Equal(second.Tag, (await _lake.ReadAsync(table.Path, default)).Tag);
        await _lake.RequireReadableAsync(table.Path, default);
    }

    [Theory]
    [InlineData(LakeMode.None, "has no lake, where other engines could read it")]
    [InlineData(LakeMode.On, "no lake table yet")]
    [InlineData(LakeMode.Paused, "was paused before it had any rows")]
    public async Task A_table_without_a_lake_table_says_why_and_what_to_do(LakeMode mode, string reason)
    {
        var table = await CreateAsync("events", mode, made: false);

        var refusal = await RefusedAsync(() => _lake.ReadAsync(table.Path, default));

        Assert.Equal(GridErrorCode.UnknownTable, refusal.Code);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("grid ", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(GridErrorCode.UnknownTable, (await RefusedAsync(() => _lake.RequireReadableAsync(table.Path, default))).Code);
    }

    [Theory]
    [InlineData("sea", "events", GridErrorCode.UnknownDatabase)]
    [InlineData("a\u001fb", "events", GridErrorCode.UnknownDatabase)]
    [InlineData("../air", "events", GridErrorCode.UnknownDatabase)]
    [InlineData("", "events", GridErrorCode.UnknownDatabase)]
    [InlineData("air", "nothing", GridErrorCode.UnknownTable)]
    [InlineData("air", "events-1", GridErrorCode.UnknownTable)]
    [InlineData("air", "../events", GridErrorCode.UnknownTable)]
    [InlineData("air", "éé", GridErrorCode.UnknownTable)]
    public async Task A_name_that_nothing_has_is_unknown_also_one_that_nothing_can_have(string database, string name, GridErrorCode code)
    {
        await CreateAsync("events");

        Assert.Equal(code, (await RefusedAsync(() => _lake.ReadAsync(new TablePath(database, name), default))).Code);
        Assert.Equal(code, (await RefusedAsync(() => _lake.RequireReadableAsync(new TablePath(database, name), default))).Code);
    }

    [Fact]
    public async Task Tables_that_load_are_listed_and_no_others()
    {
        await CreateAsync("b");
        await CreateAsync("a", LakeMode.Paused);
        await CreateAsync("plain", LakeMode.None, made: false);
        await CreateAsync("empty", LakeMode.On, made: false);
        var dropped = await CreateAsync("dropped");
        await _catalog.MarkDroppedAsync(dropped.Id, default);

        var listed = await _lake.ListTablesAsync("air", null, null, default);

        Assert.Equal("a, b", string.Join(", ", listed.Names));
        Assert.Null(listed.Next);
        foreach (var name in listed.Names)
            await _lake.ReadAsync(new TablePath("air", name), default);
        Assert.Equal(GridErrorCode.UnknownDatabase, (await RefusedAsync(() => _lake.ListTablesAsync("sea", null, null, default))).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(100)]
    public async Task Pages_have_every_table_once(int size)
    {
        var expected = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            var made = i % 3 != 1;
            var table = await CreateAsync($"t{i:00}", made ? LakeMode.On : LakeMode.None, made);
            if (made)
                expected.Add(table.Path.Table);
        }

        var names = new List<string>();
        for (string? after = null; ;)
        {
            var page = await _lake.ListTablesAsync("air", after, size, default);
            Assert.InRange(page.Names.Length, 0, size);
            names.AddRange(page.Names);
            if (page.Next is null)
                break;
            Assert.True(string.CompareOrdinal(page.Next, after) > 0, "Pages go on.");
            after = page.Next;
        }

        Assert.Equal(expected, names);
    }

    [Fact]
    public async Task Databases_come_in_pages_too()
    {
        foreach (var name in new[] { "c", "a", "b" })
            await _catalog.TryCreateDatabaseAsync(name, default);

        var page = await _lake.ListDatabasesAsync(null, 2, default);
        var rest = await _lake.ListDatabasesAsync(page.Next, 2, default);

        Assert.Equal("a, b", string.Join(", ", page.Names));
        Assert.Equal("c", Assert.Single(rest.Names));
        Assert.Null(rest.Next);
        Assert.Equal("a, b, c", string.Join(", ", (await _lake.ListDatabasesAsync(null, null, default)).Names));
    }

    [Fact]
    public async Task A_table_that_is_dropped_while_it_is_read_is_unknown_and_no_older_version_is_given_out()
    {
        var table = await CreateAsync("events");
        await CommitAsync(table);
        _store.BeforeRead = async name =>
        {
            if (!name.EndsWith("v2.metadata.json", StringComparison.Ordinal))
                return;
            // As a drop does it: marked, then deleted in whatever order; now, between two deletions.
            await _catalog.MarkDroppedAsync(table.Id, default);
            await _store.DeleteAsync(name, default);
        };

        var refusal = await RefusedAsync(() => _lake.ReadAsync(table.Path, default));

        Assert.Equal(GridErrorCode.UnknownTable, refusal.Code);
        Assert.Contains("dropped", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_was_made_again_does_not_give_out_its_predecessors_lake()
    {
        var old = await CreateAsync("events");
        await _catalog.MarkDroppedAsync(old.Id, default);
        var table = await CreateAsync("events", LakeMode.On, made: false);

        Assert.Contains("yet", (await RefusedAsync(() => _lake.ReadAsync(table.Path, default))).Message, StringComparison.Ordinal);
        await MakeAsync(table);
        Assert.Contains($"/air/events-{table.Id}/", (await _lake.ReadAsync(table.Path, default)).Location, StringComparison.Ordinal);
    }

    private static Task<GridException> RefusedAsync(Func<Task> call) => Assert.ThrowsAsync<GridException>(call);

    private async Task<TableInfo> CreateAsync(string name, LakeMode mode = LakeMode.On, bool made = true)
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        var (table, _) = await _catalog.CreateTableAsync(
            new CreateTable { Path = new TablePath("air", name), Columns = [new Column("id", DataType.Int64, nullable: false)], Options = new TableOptions { Buckets = 1, Lake = mode } }, default);
        if (made)
            await MakeAsync(table);
        return table;
    }

    private Task MakeAsync(TableInfo table) => _node.Open(table).CreateAsync(new LakeTableIdentity(table.Id, table.Path), table.Schema, LakePartitionSpec.Of(table), default);

    private async Task CommitAsync(TableInfo table)
    {
        var lake = _node.Open(table);
        var offsets = (await lake.ReadAsync(default))!.Offsets;
        var bucket = new LakeBucket(new PartitionId(0), 0);
        var commit = await lake.CommitAsync(new LakeChange { From = offsets, To = offsets.With(bucket, new LogOffset(offsets[bucket].Value + 1)), Schema = table.Schema }, default);
        Assert.Equal(LakeOutcome.Committed, commit.Outcome);
    }
}
