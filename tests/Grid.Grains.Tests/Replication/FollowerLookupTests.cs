using Grid.Abstractions;
using Grid.Grains.Tests.Nodes;

namespace Grid.Grains.Tests.Replication;

public sealed class FollowerLookupTests
{
    [Fact]
    public async Task A_follower_answers_once_it_has_reached_the_floor()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var table = await CreateTableAsync(cluster, replicas: 3);
        var bucket = Bucket(cluster, table);
        var written = await WriteAsync(bucket, table, 1, 2, 3);
        foreach (var node in await FollowersAsync(bucket))
        {
            var follower = Follower(cluster, table, node);
            using var keys = Keys(table, 2, 9);
            var answer = await NodeCluster.AnswerAsync(() => LookupAsync(follower, table, keys, written.EndOffset));
            using var rows = answer.Rows;
            Assert.Equal((2, (byte)0b01), (answer.Answered, Assert.Single(answer.Found)));
            Assert.NotNull(rows);
            Assert.True(answer.AppliedOffset >= written.EndOffset);

            // What is not written yet is waited for.
            using var later = Keys(table, 1000 + node.Value[^1]);
            var floor = written.EndOffset + 1;
            var waiting = NodeCluster.AnswerAsync(() => LookupAsync(follower, table, later, floor));
            var next = await WriteAsync(bucket, table, 1000 + node.Value[^1]);
            Assert.True(next.EndOffset >= floor);
            var seen = await waiting;
            seen.Rows?.Dispose();
            Assert.True(seen.AppliedOffset >= floor);
            written = next;
        }
    }

    [Fact]
    public async Task A_floor_that_is_not_reached_is_given_up_with_the_call()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var table = await CreateTableAsync(cluster, replicas: 3);
        var bucket = Bucket(cluster, table);
        var written = await WriteAsync(bucket, table, 1);
        var node = (await FollowersAsync(bucket))[0];
        using var keys = Keys(table, 1);
        using var bound = new CancellationTokenSource();
        (await NodeCluster.AnswerAsync(() => LookupAsync(Follower(cluster, table, node), table, keys, written.EndOffset))).Rows?.Dispose();
        var call = LookupAsync(Follower(cluster, table, node), table, keys, written.EndOffset + 1_000_000, bound.Token);
        await bound.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_node_without_a_copy_refuses_and_makes_none()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var table = await CreateTableAsync(cluster, replicas: 2);
        var bucket = Bucket(cluster, table);
        await WriteAsync(bucket, table, 1);
        var copies = (await bucket.GetStatusAsync()).Replicas.Select(replica => replica.Node).ToArray();
        Assert.Equal(2, copies.Length);
        var other = cluster.Names.Single(name => !copies.Contains(name));
        using var keys = Keys(table, 1);
        await GridCluster.RefusedAsync(GridErrorCode.NotLeader, () => LookupAsync(Follower(cluster, table, other), table, keys, LogOffset.Zero));
        Assert.False(Directory.Exists(Path.Combine(cluster.Root, other.Value, "buckets", $"{table.Id.Value}")));
    }

    [Fact]
    public async Task A_copy_that_has_met_no_leader_refuses()
    {
        await using var cluster = await NodeCluster.StartAsync();
        var table = await CreateTableAsync(cluster, replicas: 3);
        await cluster.Records.TryCreateAsync(table.Bucket(0), new BucketRecord { Epoch = BucketRecord.NewEpoch, Replicas = [.. cluster.Names], InSync = [.. cluster.Names] }, default);
        using var keys = Keys(table, 1);
        await GridCluster.RefusedAsync(GridErrorCode.NotLeader, () => LookupAsync(Follower(cluster, table, cluster.Names[0]), table, keys, LogOffset.Zero));
    }

    private static async Task<TableInfo> CreateTableAsync(NodeCluster cluster, int replicas)
    {
        var catalog = cluster.Client.GetGrain<ICatalogGrain>(0);
        await catalog.CreateDatabaseAsync("air", ifNotExists: true);
        return await catalog.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", "keyed"),
            Columns = [new Column("id", DataType.Int64, nullable: false)],
            PrimaryKey = ["id"],
            Options = new TableOptions { Buckets = 1, Replicas = replicas, MinInSync = 2 },
        });
    }

    private static IBucketGrain Bucket(NodeCluster cluster, TableInfo table) => cluster.Client.GetGrain<IBucketGrain>(table.Bucket(0).ToString());

    private static IFollowerGrain Follower(NodeCluster cluster, TableInfo table, NodeName node) => cluster.Client.GetGrain<IFollowerGrain>(table.Bucket(0).AtNode(node));

    private static async Task<NodeName[]> FollowersAsync(IBucketGrain bucket)
    {
        var status = await NodeCluster.AnswerAsync(bucket.GetStatusAsync);
        NodeName[] followers = [.. status.Replicas.Select(replica => replica.Node).Where(node => node != status.Leader)];
        Assert.Equal(status.Replicas.Length - 1, followers.Length);
        return followers;
    }

    private static Task<WriteAnswer> WriteAsync(IBucketGrain bucket, TableInfo table, params long[] ids) => NodeCluster.AnswerAsync(async () =>
    {
        using var frame = GridCluster.Frame(table, ids);
        return await bucket.WriteAsync(new WriteRequest { Frame = frame, Mode = WriteMode.Upsert }, default);
    });

    private static FrameBlock Keys(TableInfo table, params long[] ids)
    {
        var encoder = new KeyEncoder(table.Schema, table.Schema.PrimaryKey);
        return KeyBlock.Build([.. ids.Select(id =>
        {
            var writer = new System.Buffers.ArrayBufferWriter<byte>();
            encoder.Encode([id], writer);
            return writer.WrittenSpan.ToArray();
        })]);
    }

    private static Task<LookupAnswer> LookupAsync(IFollowerGrain follower, TableInfo table, FrameBlock keys, LogOffset floor, CancellationToken cancellationToken = default) =>
        follower.LookupAsync(new LookupRequest { Keys = keys, SchemaVersion = table.Schema.Version, Floor = floor }, cancellationToken);
}
