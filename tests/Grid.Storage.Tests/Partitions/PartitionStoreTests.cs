using System.Text;
using Grid.Abstractions;
using Grid.Storage.Catalog;
using Grid.Storage.Objects;
using Grid.Storage.Partitions;
using Grid.Storage.Tests.Catalog;

namespace Grid.Storage.Tests.Partitions;

public sealed class PartitionStoreTests : IAsyncLifetime
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "grid-partitions-" + Guid.NewGuid().ToString("N"));
    private readonly DirectoryObjectStore _objects;
    private readonly CatalogStore _catalog;
    private TableInfo _table = null!;

    public PartitionStoreTests()
    {
        _objects = new DirectoryObjectStore(_directory);
        _catalog = new CatalogStore(_objects, TimeProvider.System);
    }

    private PartitionStore Store => _catalog.Partitions;

    public async Task InitializeAsync()
    {
        await _catalog.TryCreateDatabaseAsync("air", default);
        (_table, _) = await _catalog.CreateTableAsync(Request("events"), default);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_partitioned_table_is_read_as_it_was_made()
    {
        var options = new TableOptions { Partitions = new PartitionOptions { CreateOnWrite = false, Unit = PartitionUnit.Day, Ahead = 3, Kept = 9, CountMax = 50 } };
        var (made, _) = await _catalog.CreateTableAsync(Request("days") with { Options = options }, default);
        var read = await new CatalogStore(_objects, TimeProvider.System).ReadTableAsync(made.Id, default);
        Assert.Equal(made.Options, read!.Options);
        Assert.Equal([1], read.Schema.PartitionKey.Select(id => id.Value));
        Assert.Empty((await Store.ReadAsync(made.Id, default))!.Partitions);
    }

    [Fact]
    public async Task Of_many_creators_all_get_the_same_partition()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => new PartitionStore(_objects, TimeProvider.System).AddAsync(_table, ["2026-11-25"], default))));
        Assert.Single(answers, answer => answer.Created);
        Assert.Single(answers.Select(answer => answer.Partition.Id).Distinct());
        Assert.Single((await Store.ReadAsync(_table.Id, default))!.Partitions);
    }

    [Fact]
    public async Task A_dropped_partition_made_again_has_a_new_id()
    {
        var (first, _, _) = await Store.AddAsync(_table, ["a"], default);
        var (dropped, state) = await Store.MarkDroppedAsync(_table.Id, ["a"], default);
        Assert.Equal(first, dropped);
        Assert.True(state.IsGone(first.Id));
        Assert.Equal([first], state.Dropping.AsEnumerable());
        Assert.Null((await Store.MarkDroppedAsync(_table.Id, ["a"], default)).Dropped);

        var (second, created, _) = await Store.AddAsync(_table, ["a"], default);
        Assert.True(created);
        Assert.True(second.Id > first.Id);
        state = await Store.FinishDropAsync(_table.Id, first, default);
        Assert.Empty(state.Dropping);
        Assert.True(state.IsGone(first.Id));
        Assert.False(state.IsGone(second.Id));
        Assert.False(state.IsGone(new PartitionId(second.Id.Value + 1)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_drop_that_crashes_at_any_write_is_found_and_finished_or_never_happened(bool after)
    {
        for (var step = 1; step <= 2; step++)
        {
            var (partition, _, _) = await Store.AddAsync(_table, ["a"], default);
            var crashing = new PartitionStore(new FailingObjectStore(_objects, step, after), TimeProvider.System);
            try
            {
                await crashing.MarkDroppedAsync(_table.Id, ["a"], default);
                await crashing.FinishDropAsync(_table.Id, partition, default);
            }
            catch (GridException refusal) when (refusal.Code == GridErrorCode.StorageFailed)
            {
            }

            var state = await Store.ReadAsync(_table.Id, default);
            Assert.True(state!.Has(partition.Id) || state.IsGone(partition.Id));
            foreach (var rest in state.Dropping)
                state = await Store.FinishDropAsync(_table.Id, rest, default);
            Assert.Empty(state.Dropping);
            await Store.MarkDroppedAsync(_table.Id, ["a"], default);
        }
    }

    [Fact]
    public async Task No_more_partitions_than_the_table_may_have_are_made()
    {
        var table = _table with { Options = _table.Options with { Partitions = new PartitionOptions { CountMax = 2 } } };
        await Store.AddAsync(table, ["a"], default);
        await Store.AddAsync(table, ["b"], default);
        var refusal = await Assert.ThrowsAsync<GridException>(() => Store.AddAsync(table, ["c"], default));
        Assert.Equal(GridErrorCode.TooLarge, refusal.Code);
        Assert.Contains("has 2 partitions and may have 2, so day=c cannot be made", refusal.Message);
        Assert.False((await Store.AddAsync(table, ["a"], default)).Created);
    }

    [Fact]
    public async Task A_dropped_table_takes_its_partitions_along_and_gets_no_new_ones()
    {
        var (partition, _, _) = await Store.AddAsync(_table, ["a"], default);
        await _catalog.MarkDroppedAsync(_table.Id, default);
        await _catalog.FinishDropAsync(_table.Id, default);
        Assert.Null(await Store.ReadAsync(_table.Id, default));
        Assert.Empty(await Store.ListTablesAsync(default));
        Assert.Equal(GridErrorCode.TableDropped, (await Assert.ThrowsAsync<GridException>(() => Store.AddAsync(_table, ["b"], default))).Code);
        Assert.True(await _catalog.IsGoneAsync(_table.Bucket(partition.Id, 0), default));
    }

    [Fact]
    public async Task Files_of_a_partition_are_nobodys_once_it_was_made_and_dropped()
    {
        var (partition, _, _) = await Store.AddAsync(_table, ["a"], default);
        var bucket = _table.Bucket(partition.Id, 0);
        Assert.False(await _catalog.IsGoneAsync(bucket, default));
        Assert.False(await _catalog.IsGoneAsync(_table.Bucket(new PartitionId(99), 0), default)); // never given: another catalog's, perhaps
        await Store.MarkDroppedAsync(_table.Id, ["a"], default);
        Assert.True(await _catalog.IsGoneAsync(bucket, default));
    }

    [Fact]
    public async Task Values_that_look_alike_when_joined_are_different_partitions()
    {
        var (table, _) = await _catalog.CreateTableAsync(Request("pairs") with { PartitionBy = ["day", "region"] }, default);
        await Store.AddAsync(table, ["a1:b", "c"], default);
        Assert.True((await Store.AddAsync(table, ["a", "b1:c"], default)).Created);
        Assert.True((await Store.AddAsync(table, ["1:a", ""], default)).Created);
        Assert.True((await Store.AddAsync(table, ["", "1:a"], default)).Created);
    }

    [Fact]
    public async Task A_damaged_list_of_partitions_is_reported_with_its_name()
    {
        await Store.AddAsync(_table, ["a"], default);
        await Store.AddAsync(_table, ["b"], default);
        var name = $"catalog/partitions/{_table.Id}.json";
        var good = Encoding.UTF8.GetString((await _objects.ReadAsync(name, default))!.Bytes.Span);
        string[] damaged =
        [
            "", "null", "[]", "{}", good[..^1],
            good.Replace($"\"table\":{_table.Id}", "\"table\":77"),
            good.Replace("\"nextPartition\":3", "\"nextPartition\":2"),
            good.Replace("\"id\":2", "\"id\":1"),
            good.Replace("\"id\":2", "\"id\":0"),
            good.Replace("\"b\"", "\"a\""),
            good.Replace("\"b\"", "null"),
            good.Replace("[\"b\"]", "[]"),
            good.Replace("[\"b\"]", "[\"b\",\"c\"]"),
            good.Replace("\"b\"", $"\"{new string('x', 257)}\""),
        ];
        foreach (var text in damaged)
        {
            Assert.NotEqual(good, text);
            await _objects.TryReplaceAsync(name, Encoding.UTF8.GetBytes(text), (await _objects.ReadAsync(name, default))!.Tag, default);
            var failure = await Assert.ThrowsAsync<GridException>(() => Store.ReadAsync(_table.Id, default));
            Assert.Equal(GridErrorCode.StorageFailed, failure.Code);
            Assert.Contains(name, failure.Message);
        }
    }

    [Fact]
    public async Task Options_that_do_not_fit_the_table_are_refused()
    {
        foreach (var bad in new[]
        {
            new PartitionOptions { Ahead = -1 }, new PartitionOptions { Ahead = 1001 }, new PartitionOptions { Kept = -1 }, new PartitionOptions { CountMax = 0 }, new PartitionOptions { CountMax = 10_001 },
            new PartitionOptions { Unit = (PartitionUnit)9 }, new PartitionOptions { Unit = PartitionUnit.Day, Kept = 1000 },
        })
            await RefusedAsync("legal is", "raise the limit", Request("bad") with { Options = new TableOptions { Partitions = bad } });
        var daily = new TableOptions { Partitions = new PartitionOptions { Unit = PartitionUnit.Day } };
        await RefusedAsync("exactly one", "", Request("bad") with { PartitionBy = ["day", "region"], Options = daily });
        await RefusedAsync("exactly one", "", Request("bad") with { PartitionBy = [], Options = daily });
        await RefusedAsync("cannot hold automatic partitions", "", Request("bad") with { PartitionBy = ["id"], Options = daily });
        Assert.Contains("fixed", Assert.Throws<GridException>(() => TableOptionsRules.RequireReplaceable(new TableOptions(), daily)).Message);
        TableOptionsRules.RequireReplaceable(daily, daily with { Partitions = daily.Partitions with { Kept = 7, CreateOnWrite = false } });
    }

    private static CreateTable Request(string name) => new()
    {
        Path = new TablePath("air", name),
        Columns = [new Column("day", DataType.String), new Column("region", DataType.String), new Column("id", DataType.Int64)],
        PartitionBy = ["day"],
    };

    private async Task RefusedAsync(string part, string otherPart, CreateTable request)
    {
        var refusal = await Assert.ThrowsAsync<GridException>(() => _catalog.CreateTableAsync(request, default));
        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
        Assert.True(refusal.Message.Contains(part, StringComparison.Ordinal) || (otherPart.Length > 0 && refusal.Message.Contains(otherPart, StringComparison.Ordinal)), refusal.Message);
    }
}
