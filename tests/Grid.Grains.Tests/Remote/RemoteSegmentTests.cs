using Apache.Arrow;
using Grid.Abstractions;
using Grid.Grains.Replication;
using Grid.Grains.Tests.Nodes;
using Grid.Grains.Tests.Tiering;
using Grid.Grains.Tiering;
using Microsoft.Extensions.DependencyInjection;
using Column = Grid.Abstractions.Column;

namespace Grid.Grains.Tests.Remote;

public sealed class RemoteSegmentTests
{
    private const int RowsAtOnce = 4000;

    private static readonly TableOptions Options = new()
    {
        Buckets = 1,
        Replicas = 3,
        MinInSync = 2,
        SegmentBytesMax = 64 * 1024,
        RetentionBytes = 128 * 1024,
        Remote = RemoteMode.On,
    };

    [Fact]
    public async Task A_log_that_every_node_has_cut_is_read_from_its_first_row_one_column_of_several_also_when_a_node_is_killed()
    {
        await using var cluster = await StartAsync();
        var table = await CreateAsync(cluster, Options);
        var bucket = cluster.Client.GetGrain<IBucketGrain>(table.Bucket(0).ToString());
        var random = new Random(1);
        var written = new List<long>();
        for (var i = 0; i < 20; i++)
        {
            if (i == 10)
                await cluster.Silos.KillSiloAsync(cluster.Silo(await LeaderAsync(bucket)));
            var ids = Enumerable.Range(0, RowsAtOnce).Select(_ => random.NextInt64()).ToArray();
            await GridCluster.AppendOnceAsync(bucket, table, ids);
            written.AddRange(ids);
        }

        foreach (var node in cluster.Names.Where(name => cluster.Silos.Silos.Any(silo => silo.Name == name.Value && silo.IsActive)))
        {
            var replica = cluster.Client.GetGrain<IReplicaGrain>(new ReplicaKey(table.Bucket(0), node).ToString());
            await NodeCluster.EventuallyAsync(async () => await replica.GetStatusAsync() is { StartOffset.Value: > 10 * RowsAtOnce });
        }

        Assert.Equal(written, await NodeCluster.AnswerAsync(() => ReadColumnAsync(bucket, table, new ColumnId(3))));
        Assert.Equal(written, await NodeCluster.AnswerAsync(() => GridCluster.ReadAsync(bucket, table)));
        Assert.Equal(0, (await bucket.FindOffsetAsync(new OffsetQuery { Place = OffsetPlace.Earliest })).Value);
    }

    [Fact]
    public async Task A_changelog_that_was_cut_is_replayed_from_its_first_change()
    {
        await using var cluster = await StartAsync();
        var node = cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<LakeNode>();
        var table = await KeyedTable.CreateAsync(cluster.Client, node, Options with { Compression = FrameCompression.None });
        var keys = Enumerable.Range(0, 2000).Select(i => (long)i).ToArray();
        for (var number = 0; number < 10; number++)
            await table.WriteAsync(0, number, delete: false, keys);
        await table.WriteAsync(0, 0, delete: true, [.. keys[..100]]);
        var bucket = table.Bucket(0);
        await NodeCluster.EventuallyAsync(async () => await bucket.GetStatusAsync() is { StartOffset.Value: > 4000 });

        var (rows, changes) = (new Dictionary<long, long>(), 0);
        for (var next = LogOffset.Zero; ;)
        {
            var answer = await bucket.FetchAsync(new FetchRequest { Offset = next, SchemaVersion = table.Table.Schema.Version }, default);
            if (answer.Frames is null)
                break;
            using var frames = answer.Frames;
            var reader = new FrameReader(frames.Memory);
            while (reader.Read())
                changes += Apply(reader.Current, table.Table, rows);
            next = answer.NextOffset;
        }

        Assert.Equal(2000 + (9 * 4000) + 100, changes);
        Assert.Equal((await table.ScanAsync(0)).Rows.Order(), rows.Select(row => (row.Key, row.Value)).Order());
    }

    [Fact]
    public async Task Dropping_a_table_deletes_its_remote_segments_and_a_table_that_has_some_keeps_them()
    {
        await using var cluster = await StartAsync();
        var table = await CreateAsync(cluster, Options);
        var bucket = cluster.Client.GetGrain<IBucketGrain>(table.Bucket(0).ToString());
        var random = new Random(1);
        for (var i = 0; i < 4; i++)
            await GridCluster.AppendOnceAsync(bucket, table, [.. Enumerable.Range(0, RowsAtOnce).Select(_ => random.NextInt64())]);
        await NodeCluster.EventuallyAsync(async () => await CountAsync(cluster) > 3);
        var refusal = await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => cluster.Client.GetGrain<ITableGrain>(table.Id.Value).SetOptionsAsync(Options with { Remote = RemoteMode.None }));
        Assert.Contains("keeps them", refusal.Message, StringComparison.Ordinal);
        await cluster.Client.GetGrain<ICatalogGrain>(0).DropTableAsync(table.Path);
        await NodeCluster.EventuallyAsync(async () => await CountAsync(cluster) == 0);
    }

    private static Task<NodeCluster> StartAsync() => NodeCluster.StartAsync((_, options) => options with { RetentionIntervalMs = 1000, Remote = options.Remote with { TickMs = 100 } });

    private static async Task<TableInfo> CreateAsync(NodeCluster cluster, TableOptions options)
    {
        var catalog = cluster.Client.GetGrain<ICatalogGrain>(0);
        await catalog.CreateDatabaseAsync("air", ifNotExists: true);
        return await catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", "copied"),
            Columns = [new Column("a", DataType.Int64, nullable: false), new Column("b", DataType.Int64, nullable: false), new Column("c", DataType.Int64, nullable: false)],
            Options = options,
        });
    }

    private static async Task<string> LeaderAsync(IBucketGrain bucket) => (await NodeCluster.AnswerAsync(bucket.GetStatusAsync)).Leader!.Value.Value;

    private static async Task<int> CountAsync(NodeCluster cluster)
    {
        var count = 0;
        await foreach (var _ in cluster.Objects.ListAsync("remote/", default))
            count++;
        return count;
    }

    private static async Task<List<long>> ReadColumnAsync(IBucketGrain bucket, TableInfo table, ColumnId column)
    {
        var values = new List<long>();
        for (var next = LogOffset.Zero; ;)
        {
            var answer = await bucket.FetchAsync(new FetchRequest { Offset = next, Project = true, Columns = [column], SchemaVersion = table.Schema.Version }, default);
            if (answer.Frames is null)
                return values;
            using var frames = answer.Frames;
            var reader = new FrameReader(frames.Memory);
            while (reader.Read())
            {
                using var batch = FrameDecoder.Decode(reader.Current.Message, reader.Current.Header.RowCount, ArrowSchemas.ToArrow(table.Schema, [column], change: false, version: false));
                values.AddRange(((Int64Array)batch.Column(0)).Values);
            }

            next = answer.NextOffset;
        }
    }

    private static int Apply(Frame frame, TableInfo table, Dictionary<long, long> rows)
    {
        using var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, ArrowSchemas.ToArrow(table.Schema, null, change: true, version: false));
        var (ids, numbers, kinds) = ((Int64Array)batch.Column(0), (Int64Array)batch.Column(1), (Int8Array)batch.Column(2));
        for (var i = 0; i < batch.Length; i++)
        {
            if ((ChangeKind)kinds.GetValue(i)!.Value is ChangeKind.Insert or ChangeKind.UpdateAfter)
                rows[ids.GetValue(i)!.Value] = numbers.GetValue(i)!.Value;
            else
                rows.Remove(ids.GetValue(i)!.Value);
        }

        return batch.Length;
    }
}
