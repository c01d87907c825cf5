using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Client.Connecting;

namespace Grid.Client.Reading;

/// <summary>
/// Which followers of a table's buckets may be asked, as their leaders said a moment ago, in turn. One that fails is not asked again until the leader is asked anew. Thread safe; one entry a bucket.
/// </summary>
internal sealed class FollowerRoutes
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);
    private readonly GridConnection _connection;
    private readonly BucketId[] _buckets;
    private readonly Route[] _routes;

    public FollowerRoutes(GridConnection connection, BucketId[] buckets)
    {
        _connection = connection;
        _buckets = buckets;
        _routes = new Route[buckets.Length];
        for (var i = 0; i < _routes.Length; i++)
            _routes[i] = new Route();
    }

    /// <summary>The next follower of a bucket; null: there is none, or it is not known in time.</summary>
    public async ValueTask<NodeName?> NextAsync(int bucket, TimeSpan patience, CancellationToken cancellationToken)
    {
        var route = _routes[bucket];
        Task asking;
        lock (route)
        {
            // Those known are used while the leader is asked again.
            if (route.Asking.IsCompleted && (route.AskedAt is not { } asked || _connection.Time.GetElapsedTime(asked) >= AskAgainAfter))
            {
                route.AskedAt = _connection.Time.GetTimestamp();
                route.Asking = AskAsync(bucket, route);
            }

            if (route.Take() is { } known)
                return known;
            asking = route.Asking;
        }

        if (asking.IsCompleted)
            return null;
        await asking.WaitAsync(patience, _connection.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        lock (route)
            return route.Take();
    }

    /// <summary>A follower did not answer, or not in time.</summary>
    public void Failed(int bucket, NodeName node)
    {
        var route = _routes[bucket];
        lock (route)
            route.Nodes = route.Nodes.Remove(node);
    }

    /// <summary>Never fails: where the leader does not answer, what is known stays.</summary>
    private async Task AskAsync(int bucket, Route route)
    {
        try
        {
            var status = await _connection.Loss.AnswerAsync(() => _connection.Bucket(_buckets[bucket]).GetStatusAsync(), CancellationToken.None).ConfigureAwait(false);
            lock (route)
                route.Nodes = [.. status.Replicas.Where(replica => replica.IsAnswering && replica.Node != status.Leader).Select(replica => replica.Node)];
        }
        catch (Exception failure) when (failure is GridException or TimeoutException or OrleansException or OperationCanceledException)
        {
            // Asked again after a while; until then reads go to the leader, which reports its own failures.
        }
    }

    private sealed class Route
    {
        private int _turn = Random.Shared.Next(BucketRecord.ReplicasMax);

        public ImmutableArray<NodeName> Nodes { get; set; } = [];

        public long? AskedAt { get; set; }

        public Task Asking { get; set; } = Task.CompletedTask;

        public NodeName? Take() => Nodes.IsEmpty ? null : Nodes[(int)((uint)++_turn % (uint)Nodes.Length)];
    }
}
