using Grid.Abstractions;
using Grid.Grains.Partitions;
using Grid.Grains.Tests.Nodes;
using Grid.Grains.Tiering;
using Grid.Storage.Lake.Reading;
using Microsoft.Extensions.DependencyInjection;
using Column = Grid.Abstractions.Column;

namespace Grid.Grains.Tests.Tiering;

/// <summary>A partitioned log table with a lake: its partitions go, their rows stay there. The partition column is the only one, so that every row of a partition has its value.</summary>
public sealed class PartitionedLakeTests : IAsyncLifetime
{
    private const long Hour = 3_600_000;
    private GridCluster _cluster = null!;
    private TableInfo _table = null!;

    public async Task InitializeAsync()
    {
        _cluster = await GridCluster.StartAsync(options => TieredTable.Quick(options) with { PartitionCheckMs = 100 });
        await _cluster.Catalog.CreateDatabaseAsync("air", ifNotExists: true);
        _table = await _cluster.Catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", "events"),
            Columns = [new Column("id", DataType.Int64)],
            PartitionBy = ["id"],
            Options = new TableOptions { Buckets = 1, Lake = LakeMode.On, LakeFreshnessMs = Hour },
        });
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    private IPartitionsGrain Partitions => _cluster.Client.GetGrain<IPartitionsGrain>(_table.Id.Value);

    private ILakeGrain Lake => _cluster.Client.GetGrain<ILakeGrain>(_table.Id.Value);

    private LakeNode Node => _cluster.Services.GetRequiredService<LakeNode>();

    [Fact]
    public async Task Files_carry_the_values_of_their_partition_and_offsets_are_each_partitions_own()
    {
        var (one, two) = (await MakeAsync(1), await MakeAsync(2));
        await AppendAsync(one, 1, 1, 1);
        await AppendAsync(two, 2, 2);
        await TieredAsync((one, 3), (two, 2));
        Assert.Equal((3, 2), (await CountAsync(1), await CountAsync(2)));
        var spec = (await Node.Open(_table).ReadAsync(default))!.Metadata.PartitionSpecs[0];
        Assert.Equal(["id", "__bucket"], spec.Fields.Select(field => field.Name));
    }

    [Fact]
    public async Task Rows_of_a_dropped_partition_are_in_the_lake_before_its_files_go_and_stay_there()
    {
        var first = await MakeAsync(1);
        await AppendAsync(first, 1, 1, 1);
        await TieredAsync((first, 3));
        await AppendAsync(first, 1, 1); // which the lake does not have yet, nor would for an hour
        Assert.True(await Partitions.DropAsync(["1"]));
        await GridCluster.RefusedAsync(GridErrorCode.PartitionDropped, () => AppendAsync(first, 1));
        await GoneAsync(first);
        Assert.Equal(5, await CountAsync(1));

        // One of the same value begins at offset 0 again, beside the old rows; each has its own.
        var second = await MakeAsync(1);
        await AppendAsync(second, 1);
        await TieredAsync((first, 5), (second, 1));
        Assert.Equal(6, await CountAsync(1));
        await using var history = Node.HistoryOf(_table.Bucket(second, 0), _table) as LakeHistory;
        Assert.Equal(LogOffset.Zero, await history!.FindStartAsync(default));
        var (frames, next) = await history.ReadAsync(new FetchRequest { Offset = LogOffset.Zero, SchemaVersion = _table.Schema.Version }, _table, LogOffset.Zero, default);
        using (frames)
            Assert.Equal(1, next.Value);
    }

    [Fact]
    public async Task A_partition_is_kept_while_its_lake_is_paused()
    {
        var partition = await MakeAsync(1);
        await AppendAsync(partition, 1, 1);
        await SetLakeAsync(LakeMode.Paused);
        await Partitions.DropAsync(["1"]);
        await _cluster.Client.GetGrain<IPartitionControlGrain>(_table.Id.Value).KeepAsync();
        Assert.Single((await _cluster.Store.Partitions.ReadAsync(_table.Id, default))!.Dropping);
        Assert.True(Directory.Exists(FolderOf(partition)));
        await GridCluster.RefusedAsync(GridErrorCode.PartitionDropped, () => GridCluster.ReadAsync(Bucket(partition), _table));
        await SetLakeAsync(LakeMode.On);
        await GoneAsync(partition);
        Assert.Equal(2, await CountAsync(1));
    }

    [Fact]
    public async Task What_is_acknowledged_while_a_partition_is_dropped_is_in_the_lake()
    {
        for (var round = 0; round < 5; round++)
        {
            var partition = await MakeAsync(round);
            var bucket = Bucket(partition);
            await GridCluster.AppendAsync(bucket, _table, round);
            var acknowledged = 1;
            using var flowing = new SemaphoreSlim(0);
            var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                while (true)
                {
                    try
                    {
                        await GridCluster.AppendAsync(bucket, _table, round);
                        Interlocked.Increment(ref acknowledged);
                        flowing.Release();
                    }
                    catch (GridException refusal)
                    {
                        Assert.Equal(GridErrorCode.PartitionDropped, refusal.Code);
                        return;
                    }
                }
            })).ToArray();
            for (var i = 0; i < 20; i++)
                await flowing.WaitAsync();
            await Partitions.DropAsync([$"{round}"]);
            await Task.WhenAll(writers);
            await GoneAsync(partition);
            Assert.Equal(acknowledged, await CountAsync(round));
        }
    }

    [Fact]
    public async Task A_primary_key_table_with_partitions_has_no_lake_yet() =>
        Assert.Contains("only log tables tier", (await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => _cluster.Catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", "keys"),
            Columns = [new Column("day", DataType.Int64), new Column("id", DataType.Int64)],
            PrimaryKey = ["day", "id"],
            PartitionBy = ["day"],
            Options = new TableOptions { Lake = LakeMode.On },
        }))).Message);

    private async Task<PartitionId> MakeAsync(long value) => (await Partitions.CreateAsync([$"{value}"], PartitionCreation.ByWriting)).Id;

    private IBucketGrain Bucket(PartitionId partition) => _cluster.Client.GetGrain<IBucketGrain>(_table.Bucket(partition, 0).ToString());

    private Task<AppendAnswer> AppendAsync(PartitionId partition, params long[] ids) => GridCluster.AppendAsync(Bucket(partition), _table, ids);

    private string FolderOf(PartitionId partition) => Path.Combine(_cluster.Directory, "buckets", _table.Bucket(partition, 0).ToString());

    private async Task SetLakeAsync(LakeMode mode)
    {
        var table = await _cluster.Client.GetGrain<ITableGrain>(_table.Id.Value).GetAsync();
        _table = await _cluster.Client.GetGrain<ITableGrain>(_table.Id.Value).SetOptionsAsync(table.Options with { Lake = mode });
    }

    private async Task TieredAsync(params (PartitionId Partition, long End)[] ends)
    {
        await Lake.TierAsync();
        await NodeCluster.EventuallyAsync(async () =>
        {
            var status = await Lake.GetStatusAsync();
            return ends.All(end => status.Buckets.Any(bucket => bucket.Partition == end.Partition && bucket.Number == 0 && bucket.Tiered.Value == end.End));
        });
    }

    private Task GoneAsync(PartitionId partition) => NodeCluster.EventuallyAsync(async () =>
        (await _cluster.Store.Partitions.ReadAsync(_table.Id, default))!.Dropping.IsEmpty && !Directory.Exists(FolderOf(partition)));

    /// <summary>The rows that the lake has of a value.</summary>
    private async Task<long> CountAsync(long value)
    {
        var lake = Node.Open(_table);
        var rows = 0L;
        await foreach (var file in lake.ListFilesAsync((await lake.ReadAsync(default))!, bucket: 0, default))
            if (file.Partition is [long own, int] && own == value)
                rows += file.Rows;
        return rows;
    }
}
