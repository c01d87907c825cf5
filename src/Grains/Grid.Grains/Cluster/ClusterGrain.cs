using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Grains.Buckets;
using Grid.Grains.Nodes;
using Grid.Storage.Nodes;
using Grid.Storage.Replication;

namespace Grid.Grains.Cluster;

/// <summary>
/// The cluster's administration. It begins moves by writing targets into records and has the buckets' leaders look; they do the rest, also when this grain's node dies. Two of it, while a silo is being found
/// dead, do no harm: a record changes by compare-and-swap, and moves that the other began count.
/// </summary>
public sealed class ClusterGrain : Grain, IClusterGrain
{
    private const int CallsAtOnce = 32;
    private readonly BucketRecordStore _records;
    private readonly DrainMarks _marks;
    private readonly INodeDirectory _nodes;
    private readonly ClusterReader _reader;

    /// <summary>Made by Orleans.</summary>
    public ClusterGrain(BucketRecordStore records, DrainMarks marks, INodeDirectory nodes, IGrainFactory grains)
    {
        _records = records;
        _marks = marks;
        _nodes = nodes;
        _reader = new ClusterReader(records, marks, nodes, grains);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<NodeInfo>> ListNodesAsync()
    {
        var buckets = await _reader.ReadRecordsAsync(null);
        var marked = await _reader.ReadMarksAsync();
        var reports = await _reader.ReadReportsAsync(buckets);
        var live = _nodes.Nodes.ToDictionary(node => node.Name);
        var names = live.Keys.Union(marked).Union(buckets.SelectMany(bucket => bucket.Record.Record.Replicas)).OrderBy(name => name.Value, StringComparer.Ordinal);
        return [.. names.Select(name => Describe(name, live.GetValueOrDefault(name), marked.Contains(name), buckets, reports))];
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<BucketInfo>> ListBucketsAsync(BucketQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.CountMax is < 1 or > BucketQuery.CountLimit)
            throw new GridException(GridErrorCode.InvalidArgument, $"{query.CountMax} buckets were asked for; legal is 1 to {BucketQuery.CountLimit}.");
        var buckets = (await _reader.ReadRecordsAsync(query.Table)).Where(bucket => query.After is not { } after || Compare(bucket.Bucket, after) > 0).Take(query.CountMax).ToList();
        var tables = await _reader.ReadTablesAsync(buckets.Select(bucket => bucket.Bucket));
        var reports = await _reader.ReadReportsAsync(buckets);
        return [.. buckets.Select(bucket =>
        {
            var record = bucket.Record.Record;
            var leader = record.Leader is { } name && reports.TryGetValue((bucket.Bucket, name), out var report) && report.IsLeading ? report : null;
            return new BucketInfo
            {
                Bucket = bucket.Bucket,
                Table = tables.TryGetValue(bucket.Bucket.Table, out var table) ? table.Path : null,
                Record = record,
                IsOpen = leader is not null,
                LogEndOffset = leader?.LogEndOffset ?? default,
                Replicas = leader?.Replicas ?? [],
                Bytes = BytesOf(bucket.Bucket, record, reports),
                WrittenPerSecond = leader?.WrittenPerSecond ?? 0,
            };
        })];
    }

    /// <inheritdoc/>
    public async Task MarkDrainingAsync(NodeName node)
    {
        if (!NodeName.IsLegal(node.Value))
            throw new GridException(GridErrorCode.InvalidArgument, $"'{node.Value}' is no legal name of a node.");
        var marked = await _reader.ReadMarksAsync();
        var mine = (await _reader.ReadRecordsAsync(null)).Where(bucket => bucket.Record.Record.Replicas.Contains(node)).ToList();
        if (mine.Count == 0 && _nodes.Nodes.All(live => live.Name != node))
            throw new GridException(GridErrorCode.UnknownNode, $"Node '{node}' does not live and no bucket lies on it; these live: {string.Join(", ", _nodes.Nodes.Select(live => live.Name))}.");
        var left = _nodes.Nodes.Count(live => live.Name != node && !marked.Contains(live.Name));
        var most = mine.Count == 0 ? 1 : mine.Max(bucket => WantedLength(bucket.Record.Record));
        if (left < most)
            throw new GridException(GridErrorCode.NotEnoughReplicas,
                $"Node '{node}' cannot be drained: it has buckets with {most} replicas, and {left} {(left == 1 ? "node" : "nodes")} would be left that {(left == 1 ? "lives and is" : "live and are")} not draining. "
                + $"Add a node first, or let the tables have fewer replicas ('grid table alter TABLE --replicas {Math.Max(1, left)}').");
        await _marks.TrySetAsync(node, CancellationToken.None);
    }

    /// <inheritdoc/>
    public Task<bool> UnmarkDrainingAsync(NodeName node) => _marks.ClearAsync(node, CancellationToken.None);

    /// <inheritdoc/>
    public async Task<RebalanceProgress> StepAsync(RebalanceRequest request)
    {
        // 1. What there is.
        Require(request);
        var marked = await _reader.ReadMarksAsync();
        var buckets = await _reader.ReadRecordsAsync(null);
        var tables = await _reader.ReadTablesAsync(buckets.Select(bucket => bucket.Bucket));
        var reports = await _reader.ReadReportsAsync(buckets);
        var live = _nodes.Nodes;
        var receivers = live.Count(node => !marked.Contains(node.Name));

        // 2. What should be done next.
        var loads = buckets.Select(bucket => new BucketLoad(bucket.Bucket, bucket.Record.Record, BytesOf(bucket.Bucket, bucket.Record.Record, reports),
            bucket.Record.Record.Replicas.Max(node => reports.TryGetValue((bucket.Bucket, node), out var report) && report.IsLeading ? report.WrittenPerSecond : 0),
            tables.TryGetValue(bucket.Bucket.Table, out var table) ? Wanted(table.Options, bucket.Record.Record, receivers) : 0)).ToList();
        var options = new RebalanceOptions
        {
            Goal = request.Goal,
            Table = request.Goal == RebalanceGoal.Copies ? request.Table : null,
            MovesMax = request.DryRun ? RebalanceRequest.MovesLimit : request.MovesMax,
            Tolerance = request.Tolerance,
            Draining = marked,
        };
        var plan = await Task.Run(() => RebalancePlan.Compute(loads, [.. live.Select(node => new NodeLoad { Name = node.Name, Zone = node.Zone })], options));
        var byId = loads.ToDictionary(load => load.Bucket);
        var planned = plan.Moves.Concat(plan.LeaderChanges.Select(change => new ReplicaMove(change.Bucket, [change.To, .. byId[change.Bucket].Record.Replicas.Where(node => node != change.To)])))
            .Select(move => Describe(byId[move.Bucket], move.Target, tables)).ToList();

        // 3. Begin it, and look after what is under way.
        var names = live.Select(node => node.Name).ToHashSet();
        var records = buckets.ToDictionary(bucket => bucket.Bucket, bucket => bucket.Record);
        var redirected = planned.Select(move => move.Bucket).ToHashSet();
        var underWay = loads.Where(load => !load.Record.Target.IsDefaultOrEmpty && !redirected.Contains(load.Bucket)).Select(load => Describe(load, load.Record.Target, tables)).ToList();
        if (!request.DryRun)
        {
            planned = await ForAllAsync(planned, move => BeginAsync(move, records[move.Bucket]));
            underWay = await ForAllAsync(underWay, PursueAsync);
        }

        var stuck = plan.Stuck.Where(bucket => records[bucket].Record.Target.IsDefaultOrEmpty).Select(bucket => Describe(byId[bucket], byId[bucket].Record.Replicas, tables) with
        {
            Problem = byId[bucket].Record.InSync.Any(names.Contains) ? "no other node is free to take it; add one, or let the table have fewer replicas" : "none of its replicas in sync lives",
        });
        var waiting = underWay.Select(move => move with { Problem = FindObstacle(move, records[move.Bucket].Record, names) }).Where(move => move.Problem is not null).ToList();
        return new RebalanceProgress
        {
            Begun = [.. planned],
            UnderWay = [.. underWay.Where(move => waiting.TrueForAll(other => other.Bucket != move.Bucket))],
            Stuck = [.. stuck, .. waiting],
            Draining = loads.Count(load => load.Record.Replicas.Any(marked.Contains)),
        };
    }

    private static void Require(RebalanceRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.MovesMax is < 1 or > RebalanceRequest.MovesLimit)
            throw new GridException(GridErrorCode.InvalidArgument, $"The most moves at a time are {request.MovesMax}; legal is 1 to {RebalanceRequest.MovesLimit}.");
        if (request.Tolerance is not (>= 0.01 and <= 1))
            throw new GridException(GridErrorCode.InvalidArgument, $"The tolerance is {request.Tolerance}; legal is 0.01 to 1.");
        if (!Enum.IsDefined(request.Goal) || (request.Goal == RebalanceGoal.Copies) != (request.Table is not null))
            throw new GridException(GridErrorCode.InvalidArgument, $"The goal is {request.Goal}; a table is named for {RebalanceGoal.Copies}, and only then.");
    }

    /// <summary>Why a move cannot end whatever its leader does; null: it can.</summary>
    private static string? FindObstacle(BucketMove move, BucketRecord record, HashSet<NodeName> live) =>
        !record.InSync.Any(live.Contains) ? $"none of its replicas in sync lives, [{string.Join(", ", record.InSync)}]; start one of them"
        : move.Target.Any(node => !live.Contains(node)) ? $"it waits for {string.Join(", ", move.Target.Where(node => !live.Contains(node)))}, which does not live; start it, or drain it"
        : null;

    private static int WantedLength(BucketRecord record) => record.Target.IsDefaultOrEmpty ? record.Replicas.Length : record.Target.Length;

    /// <summary>As many as the table asks for; where it asks for the default, never fewer than there are.</summary>
    private static int Wanted(TableOptions options, BucketRecord record, int receivers) =>
        options.Replicas != 0 ? options.Replicas : Math.Max(ReplicationRules.Resolve(options, receivers).Replicas, record.Replicas.Length);

    private static long BytesOf(BucketId bucket, BucketRecord record, Dictionary<(BucketId Bucket, NodeName Node), BucketReport> reports) =>
        record.Replicas.Max(node => reports.TryGetValue((bucket, node), out var report) ? report.Bytes : 0);

    private static BucketMove Describe(BucketLoad load, ImmutableArray<NodeName> target, Dictionary<TableId, TableInfo> tables) => new()
    {
        Bucket = load.Bucket,
        Table = tables.TryGetValue(load.Bucket.Table, out var table) ? table.Path : null,
        Replicas = load.Record.Replicas,
        Target = target,
        Bytes = load.Bytes,
    };

    private static NodeInfo Describe(NodeName name, LiveNode? live, bool isMarked, List<(BucketId Bucket, VersionedRecord Record)> buckets,
        Dictionary<(BucketId Bucket, NodeName Node), BucketReport> reports)
    {
        var mine = buckets.Where(bucket => bucket.Record.Record.Replicas.Contains(name)).ToList();
        return new NodeInfo
        {
            Name = name,
            State = live is null ? NodeState.Gone : isMarked ? NodeState.Draining : NodeState.Live,
            IsDraining = isMarked,
            Zone = live?.Zone,
            Address = live?.Silo.Endpoint.ToString(),
            DataPort = live?.DataPort,
            Buckets = mine.Count,
            Leaders = mine.Count(bucket => bucket.Record.Record.Leader == name),
            Moving = mine.Count(bucket => !bucket.Record.Record.Target.IsDefaultOrEmpty),
            Bytes = mine.Sum(bucket => reports.TryGetValue((bucket.Bucket, name), out var report) ? report.Bytes : 0),
            WrittenPerSecond = mine.Sum(bucket => reports.TryGetValue((bucket.Bucket, name), out var report) && report.IsLeading ? report.WrittenPerSecond : 0),
        };
    }

    private static int Compare(BucketId left, BucketId right) =>
        (left.Table.Value, left.Partition.Value, left.Number).CompareTo((right.Table.Value, right.Partition.Value, right.Number));

    private static async Task<List<BucketMove>> ForAllAsync(List<BucketMove> moves, Func<BucketMove, Task<BucketMove>> work)
    {
        var done = new List<BucketMove>(moves.Count);
        foreach (var some in moves.Chunk(CallsAtOnce))
            done.AddRange(await Task.WhenAll(some.Select(work)));
        return done;
    }

    /// <summary>Writes the target. A record that somebody else changed meanwhile is looked at again in the next step.</summary>
    private async Task<BucketMove> BeginAsync(BucketMove move, VersionedRecord record)
    {
        if (await _records.TryReplaceAsync(move.Bucket, record, record.Record with { Target = move.Target }, CancellationToken.None) is null)
            return move with { Problem = "its record changed meanwhile; it is looked at again" };
        return await PursueAsync(move);
    }

    /// <summary>Has the leader look at its record, and opens the bucket for that where it is idle. What fails now is tried again in the next step.</summary>
    private async Task<BucketMove> PursueAsync(BucketMove move)
    {
        try
        {
            var status = await GrainFactory.GetGrain<IBucketControlGrain>(move.Bucket.ToString()).PursueAsync();
            var lags = status.Replicas.Where(replica => move.Target.Contains(replica.Node)).Select(replica => Math.Max(0, status.LogEndOffset - replica.EndOffset)).ToList();
            return move with { Lag = lags.Count == 0 ? null : lags.Max() };
        }
        catch (Exception failure) when (failure is GridException or OrleansException or TimeoutException)
        {
            return move with { Problem = failure.Message };
        }
    }
}
