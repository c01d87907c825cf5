using Grid.Abstractions;
using Grid.Grains.Partitions;
using Grid.Grains.Tests.Nodes;
using Grid.Storage.Replication;
using Grid.Testing.Time;
using Microsoft.Extensions.DependencyInjection;
using Column = Grid.Abstractions.Column;

namespace Grid.Grains.Tests.Partitions;

public sealed class PartitionsGrainTests : IAsyncLifetime
{
    private GridCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await GridCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Rows_of_two_partitions_have_logs_of_their_own_that_begin_at_zero()
    {
        var table = await CreateTableAsync();
        var grain = Grain(table);
        var first = await grain.CreateAsync(["1"], PartitionCreation.ByWriting);
        var second = await grain.CreateAsync(["2"], PartitionCreation.ByWriting);
        Assert.Equal(first, await grain.CreateAsync(["1"], PartitionCreation.ByWriting));
        Assert.Equal([first, second], (await grain.ListAsync()).AsEnumerable());
        Assert.Equal(second, await grain.FindAsync(["2"]));
        Assert.Null(await grain.FindAsync(["3"]));

        Assert.Equal(LogOffset.Zero, (await GridCluster.AppendAsync(Bucket(table, first), table, 1, 1)).BaseOffset);
        Assert.Equal(LogOffset.Zero, (await GridCluster.AppendAsync(Bucket(table, second), table, 2)).BaseOffset);
        Assert.Equal([1, 1], await GridCluster.ReadAsync(Bucket(table, first), table));
        Assert.Equal([2], await GridCluster.ReadAsync(Bucket(table, second), table));
    }

    [Fact]
    public async Task Buckets_that_are_in_no_partition_are_refused()
    {
        var table = await CreateTableAsync();
        var plain = await _cluster.CreateTableAsync("plain");
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => Bucket(table, new PartitionId(0)).GetStatusAsync());
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => Bucket(table, new PartitionId(9)).GetStatusAsync());
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => Bucket(plain, new PartitionId(1)).GetStatusAsync());
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => Grain(plain).ListAsync());
    }

    [Fact]
    public async Task A_dropped_partition_takes_its_files_along_and_refuses_its_writers()
    {
        var table = await CreateTableAsync();
        var partition = await Grain(table).CreateAsync(["1"], PartitionCreation.ByHand);
        await GridCluster.AppendAsync(Bucket(table, partition), table, 1);
        var id = table.Bucket(partition.Id, 0);
        Assert.True(Directory.Exists(FolderOf(id)));

        Assert.True(await Grain(table).DropAsync(["1"]));
        Assert.False(await Grain(table).DropAsync(["1"]));
        Assert.False(Directory.Exists(FolderOf(id)));
        Assert.Null(await _cluster.Services.GetRequiredService<BucketRecordStore>().ReadAsync(id, default));
        await GridCluster.RefusedAsync(GridErrorCode.PartitionDropped, () => GridCluster.AppendAsync(Bucket(table, partition), table, 1));
        Assert.Empty((await _cluster.Store.Partitions.ReadAsync(table.Id, default))!.Dropping);

        var again = await Grain(table).CreateAsync(["1"], PartitionCreation.ByHand);
        Assert.NotEqual(partition.Id, again.Id);
        Assert.Empty(await GridCluster.ReadAsync(Bucket(table, again), table));
    }

    [Fact]
    public async Task A_drop_that_somebody_else_began_is_finished_when_the_table_is_looked_after()
    {
        var table = await CreateTableAsync();
        var partition = await Grain(table).CreateAsync(["1"], PartitionCreation.ByHand);
        await GridCluster.AppendAsync(Bucket(table, partition), table, 1);
        await _cluster.Store.Partitions.MarkDroppedAsync(table.Id, ["1"], default); // and died there
        await Control(table).KeepAsync();
        Assert.False(Directory.Exists(FolderOf(table.Bucket(partition.Id, 0))));
        Assert.Empty((await _cluster.Store.Partitions.ReadAsync(table.Id, default))!.Dropping);
        await GridCluster.RefusedAsync(GridErrorCode.PartitionDropped, () => GridCluster.AppendAsync(Bucket(table, partition), table, 1));
    }

    [Fact]
    public async Task A_dropped_table_takes_the_files_of_all_its_partitions_along()
    {
        var table = await CreateTableAsync();
        var ids = new List<BucketId>();
        foreach (var value in new[] { "1", "2", "3" })
        {
            var partition = await Grain(table).CreateAsync([value], PartitionCreation.ByWriting);
            await GridCluster.AppendAsync(Bucket(table, partition), table, 1);
            ids.Add(table.Bucket(partition.Id, 0));
        }

        await _cluster.Catalog.DropTableAsync(table.Path);
        Assert.All(ids, id => Assert.False(Directory.Exists(FolderOf(id))));
        Assert.Empty(await _cluster.Store.Partitions.ListTablesAsync(default));
        await GridCluster.RefusedAsync(GridErrorCode.TableDropped, () => Grain(table).ListAsync());
        await GridCluster.RefusedAsync(GridErrorCode.TableDropped, () => _cluster.Client.GetGrain<IBucketGrain>(ids[0].ToString()).GetStatusAsync());
    }

    [Fact]
    public async Task Rows_make_no_partition_where_the_table_does_not_let_them()
    {
        var table = await CreateTableAsync(new PartitionOptions { CreateOnWrite = false });
        var refusal = await GridCluster.RefusedAsync(GridErrorCode.UnknownPartition, () => Grain(table).CreateAsync(["1"], PartitionCreation.ByWriting));
        Assert.Contains("id=1", refusal.Message);
        var made = await Grain(table).CreateAsync(["1"], PartitionCreation.ByHand);
        Assert.Equal(made, await Grain(table).CreateAsync(["1"], PartitionCreation.ByWriting));
        Assert.Equal(made, await Grain(table).CreateAsync(["1"], PartitionCreation.ByHandIfNotExists));
        await GridCluster.RefusedAsync(GridErrorCode.AlreadyExists, () => Grain(table).CreateAsync(["1"], PartitionCreation.ByHand));
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => Grain(table).CreateAsync(["x"], PartitionCreation.ByHand));
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => Grain(table).CreateAsync(["1", "2"], PartitionCreation.ByHand));
    }

    internal static Task<TableInfo> CreateDaysAsync(IGrainFactory client, PartitionOptions options) => client.GetGrain<ICatalogGrain>(0).CreateTableAsync(new CreateTable
    {
        Path = new TablePath("air", "days"),
        Columns = [new Column("day", DataType.Date), new Column("id", DataType.Int64)],
        PartitionBy = ["day"],
        Options = new TableOptions { Buckets = 1, Partitions = options },
    });

    private async Task<TableInfo> CreateTableAsync(PartitionOptions? options = null)
    {
        await _cluster.Catalog.CreateDatabaseAsync("air", ifNotExists: true);
        return await _cluster.Catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", "events"),
            Columns = [new Column("id", DataType.Int64)],
            PartitionBy = ["id"],
            Options = new TableOptions { Buckets = 1, Partitions = options ?? new PartitionOptions() },
        });
    }

    private IPartitionsGrain Grain(TableInfo table) => _cluster.Client.GetGrain<IPartitionsGrain>(table.Id.Value);

    private IPartitionControlGrain Control(TableInfo table) => _cluster.Client.GetGrain<IPartitionControlGrain>(table.Id.Value);

    private IBucketGrain Bucket(TableInfo table, PartitionInfo partition) => Bucket(table, partition.Id);

    private IBucketGrain Bucket(TableInfo table, PartitionId partition) => _cluster.Client.GetGrain<IBucketGrain>(table.Bucket(partition, 0).ToString());

    private string FolderOf(BucketId bucket) => Path.Combine(_cluster.Directory, "buckets", bucket.ToString());
}
