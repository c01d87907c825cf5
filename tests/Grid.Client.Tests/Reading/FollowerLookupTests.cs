using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tests.Fakes;
using Grid.Testing.Time;

namespace Grid.Client.Tests.Reading;

public sealed class FollowerLookupTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(100);
    private readonly ManualTimeProvider _time = new();
    private readonly FakeGrid _grid = new(TableDefinition.Of<Row>("test.rows", new TableOptions { Buckets = 1 }));

    private sealed record Row([property: Key] long Id, string Name);

    [Fact]
    public async Task A_follower_answers_with_the_floor_of_its_bucket_and_the_leader_is_left_alone()
    {
        await using var client = Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        SetReplicas("leader", "follower");
        _grid.Follower(0, "follower").Lookups = static (request, _) => Nothing(request);
        var options = Follower(new WrittenRow(0, new LogOffset(42), default));
        Assert.Null(await table.LookupAsync(1L, options));
        Assert.All(await table.LookupManyAsync([1L, 2L], options), Assert.Null);
        Assert.Null(await table.Untyped.LookupAsync([1L], options));
        using var keys = new RecordBatch(ArrowSchemas.ToArrow(table.Info.Schema, [.. table.Info.Schema.PrimaryKey], change: false, version: false), [new Int64Array.Builder().Append(1).Build()], 1);
        Assert.Equal(-1, (await table.Untyped.LookupAsync(keys, options)).RowOf(0));
        Assert.Equal(Enumerable.Repeat(new LogOffset(42), 4), _grid.Follower(0, "follower").Floors);
        Assert.Equal((0, 1), (_grid.Bucket(0).Calls, _grid.Bucket(0).StatusCalls));
    }

    [Fact]
    public async Task Followers_take_turns()
    {
        await using var client = Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        SetReplicas("leader", "f1", "f2");
        foreach (var node in new[] { "f1", "f2" })
            _grid.Follower(0, node).Lookups = static (request, _) => Nothing(request);
        for (var i = 0; i < 10; i++)
            await table.LookupAsync(1L, Follower());
        Assert.Equal((5, 5), (_grid.Follower(0, "f1").Floors.Count, _grid.Follower(0, "f2").Floors.Count));
    }

    [Fact]
    public async Task A_follower_that_does_not_reach_the_floor_in_time_is_told_and_the_leader_answers_with_the_same_floor()
    {
        await using var client = Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        SetReplicas("leader", "follower");
        var (asked, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        _grid.Follower(0, "follower").Lookups = async (_, token) =>
        {
            asked.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                cancelled.SetResult();
            }

            throw new InvalidOperationException("It waits without end.");
        };
        var floors = new List<LogOffset>();
        _grid.Bucket(0).Lookups = request =>
        {
            floors.Add(request.Floor);
            return Nothing(request);
        };

        var options = Follower(new WrittenRow(0, new LogOffset(42), default));
        var lookup = table.LookupAsync(1L, options);
        await asked.Task;
        _time.WaitUntilArmed(1);
        Assert.False(lookup.IsCompleted);
        _time.Advance(Wait);
        Assert.Null(await lookup);
        await cancelled.Task;
        Assert.Equal([new LogOffset(42)], floors);

        // It is not asked again before the leader was asked which followers answer.
        Assert.Null(await table.LookupAsync(1L, options));
        Assert.Single(_grid.Follower(0, "follower").Floors);
        _grid.Follower(0, "follower").Lookups = static (request, _) => Nothing(request);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await table.LookupAsync(1L, options));
        Assert.Equal(2, _grid.Follower(0, "follower").Floors.Count);
        Assert.Equal(2, _grid.Bucket(0).StatusCalls);
    }

    [Theory]
    [InlineData(GridErrorCode.NotLeader)]
    [InlineData(GridErrorCode.UnknownNode)]
    [InlineData(GridErrorCode.WrongTableKind)]
    public async Task Whatever_a_follower_refuses_the_leader_is_asked(GridErrorCode code)
    {
        await using var client = Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        SetReplicas("leader", "follower");
        _grid.Follower(0, "follower").Lookups = (_, _) => throw new GridException(code, "refused");
        _grid.Bucket(0).Lookups = Nothing;
        Assert.Null(await table.LookupAsync(1L, Follower()));
        Assert.Equal(1, _grid.Bucket(0).Calls);
    }

    [Fact]
    public async Task Without_followers_and_without_the_preference_the_leader_is_asked()
    {
        await using var client = Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        _grid.Bucket(0).Lookups = Nothing;
        SetReplicas("leader");
        Assert.Null(await table.LookupAsync(1L, Follower()));
        Assert.Null(await table.LookupAsync(1L));
        Assert.Equal((2, 1), (_grid.Bucket(0).Calls, _grid.Bucket(0).StatusCalls));
        _grid.Bucket(0).Status = static () => throw new GridException(GridErrorCode.Closing, "later");
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await table.LookupAsync(1L, Follower()));
    }

    [Fact]
    public async Task Lookups_that_travel_together_have_the_highest_of_their_floors()
    {
        await using var client = Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        SetReplicas("leader", "follower");
        var held = new TaskCompletionSource();
        _grid.Follower(0, "follower").Lookups = async (request, _) =>
        {
            await held.Task;
            return await Nothing(request);
        };
        var lookups = Enumerable.Range(0, 10).Select(i => table.LookupAsync((long)i, Follower(new WrittenRow(0, new LogOffset(i), default)))).ToArray();
        held.SetResult();
        await Task.WhenAll(lookups);
        Assert.Equal(new LogOffset(9), _grid.Follower(0, "follower").Floors.Max());
        Assert.InRange(_grid.Follower(0, "follower").Floors.Count, 3, 4);
    }

    [Fact]
    public void Floors_join_bucket_by_bucket()
    {
        var batch = new WriteResult(3, [new WrittenRange(1, new LogOffset(5), new LogOffset(7), default), new WrittenRange(1, new LogOffset(9), new LogOffset(12), default), new WrittenRange(2, default, new LogOffset(4), default)]);
        var floor = ReadFloor.Of(batch).And(ReadFloor.At(2, new LogOffset(3))).And(ReadFloor.Of(new WrittenRow(3, new LogOffset(8), default)));
        Assert.Equal([0, 12, 4, 8], Enumerable.Range(0, 4).Select(bucket => floor[bucket].Value));
        Assert.Equal(LogOffset.Zero, ReadFloor.None[7]);
    }

    private static LookupOptions Follower(WrittenRow? after = null) =>
        new() { Preference = ReadPreference.Follower, Floor = after is { } row ? ReadFloor.Of(row) : ReadFloor.None };

    private static Task<LookupAnswer> Nothing(LookupRequest request)
    {
        var keys = new KeyBlock(request.Keys.Memory).Count;
        return Task.FromResult(new LookupAnswer { Answered = keys, Found = [.. new byte[(keys + 7) / 8]] });
    }

    private GridClient Connect() => _grid.Connect(_time, new GridClientOptions { FollowerWait = Wait });

    /// <summary>The first one leads.</summary>
    private void SetReplicas(params string[] nodes) => _grid.Bucket(0).Status = () => new BucketStatus
    {
        Bucket = _grid.Info.Bucket(0),
        Leader = new NodeName(nodes[0]),
        Replicas = [.. nodes.Select(node => new ReplicaStatus { Node = new NodeName(node), IsInSync = true, IsAnswering = true })],
    };
}
