using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Client.Connecting;

namespace Grid.Client;

/// <summary>
/// The cluster behind a <see cref="GridClient"/>: its nodes, where buckets lie, and moving them. Writers and readers go on meanwhile; a bucket whose lead changes answers again within
/// milliseconds. Whatever is begun here is finished by the buckets' leaders: a client that goes away, or is cancelled, does no harm, and another one goes on where it stopped. Thread safe.
/// </summary>
public sealed class ClusterAdmin
{
    private const int RepeatsMax = 10;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private readonly GridConnection _connection;

    internal ClusterAdmin(GridConnection connection) => _connection = connection;

    private IClusterGrain Grain => _connection.Cluster;

    /// <summary>The nodes that live, that drain, or that buckets lie on, by name.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: the object store does not answer.</exception>
    public Task<ImmutableArray<NodeInfo>> ListNodesAsync(CancellationToken cancellationToken = default) =>
        _connection.Retry.RunAsync(() => Grain.ListNodesAsync(), cancellationToken);

    /// <summary>Buckets with their records and, where they are open, how far their replicas are. None is opened for it. A bucket that was never used has no record and is not among them.</summary>
    /// <param name="table"><c>database.table</c>; null: of all tables.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>; <see cref="GridErrorCode.StorageFailed"/>.</exception>
    public async IAsyncEnumerable<BucketInfo> ListBucketsAsync(string? table = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var query = new BucketQuery { Table = table is null ? null : (await FindAsync(table, cancellationToken).ConfigureAwait(false)).Id };
        while (true)
        {
            var page = await _connection.Retry.RunAsync(() => Grain.ListBucketsAsync(query), cancellationToken).ConfigureAwait(false);
            foreach (var bucket in page)
                yield return bucket;
            if (page.Length < query.CountMax)
                yield break;
            query = query with { After = page[^1].Bucket };
        }
    }

    /// <summary>
    /// Marks a node as draining and moves everything away from it; ends when it has nothing any more. The mark stays, so that nothing new comes to it, until <see cref="UndrainAsync"/>. A node that does not live
    /// can be drained too: its replicas are made anew elsewhere.
    /// </summary>
    /// <param name="node">The node's name.</param>
    /// <param name="movesMax">Most moves at a time, 1 to <see cref="RebalanceRequest.MovesLimit"/>.</param>
    /// <param name="progress">Told of each look, about two a second.</param>
    /// <param name="cancellationToken">Ends the wait and begins no more moves; those under way end, and the mark stays.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownNode"/>; <see cref="GridErrorCode.NotEnoughReplicas"/>: too few nodes would be left, or are left by now: what can leave has left.</exception>
    public async Task DrainAsync(string node, int movesMax = 16, IProgress<RebalanceProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var name = NodeName.Parse(node);
        await _connection.Retry.RunAsync(() => Grain.MarkDrainingAsync(name), cancellationToken).ConfigureAwait(false);
        var end = await RunAsync(new RebalanceRequest { Goal = RebalanceGoal.Drain, MovesMax = movesMax }, progress, cancellationToken).ConfigureAwait(false);
        if (end.Stuck.FirstOrDefault(move => move.Replicas.Contains(name)) is { } stuck)
            throw new GridException(GridErrorCode.NotEnoughReplicas,
                $"Node '{name}' still has {end.Draining} {(end.Draining == 1 ? "bucket" : "buckets")}. Bucket {stuck.Bucket} of {stuck.Table?.ToString() ?? "a dropped table"}: {stuck.Problem}.");
    }

    /// <summary>Takes the mark of <see cref="DrainAsync"/> away: the node gets buckets again, by itself new ones, others by <see cref="RebalanceAsync"/>. False: it was not marked.</summary>
    public Task<bool> UndrainAsync(string node, CancellationToken cancellationToken = default)
    {
        var name = NodeName.Parse(node);
        return _connection.Retry.RunAsync(() => Grain.UnmarkDrainingAsync(name), cancellationToken);
    }

    /// <summary>What <see cref="RebalanceAsync"/> would do first: at most <see cref="RebalanceRequest.MovesLimit"/> moves. Nothing is changed.</summary>
    public Task<RebalanceProgress> PlanRebalanceAsync(double tolerance = 0.1, CancellationToken cancellationToken = default) =>
        _connection.Retry.RunAsync(() => Grain.StepAsync(new RebalanceRequest { DryRun = true, Tolerance = tolerance }), cancellationToken);

    /// <summary>
    /// Gives every table the copies that it asks for, empties draining nodes, and evens the others out: by bytes and by what is written, each counting alike, then by leaders. Replicas of a bucket stay spread over
    /// zones. Ends when nothing is left to do; the answer tells what is stuck.
    /// </summary>
    /// <param name="movesMax">Most moves at a time, 1 to <see cref="RebalanceRequest.MovesLimit"/>.</param>
    /// <param name="tolerance">Nodes whose weights differ by less than this part of the mean are even enough, 0.01 to 1.</param>
    /// <param name="progress">Told of each look, about two a second.</param>
    /// <param name="cancellationToken">Ends the wait and begins no more moves; those under way end.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>; <see cref="GridErrorCode.Timeout"/>: a bucket was moved again and again.</exception>
    public Task<RebalanceProgress> RebalanceAsync(int movesMax = 16, double tolerance = 0.1, IProgress<RebalanceProgress>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(new RebalanceRequest { MovesMax = movesMax, Tolerance = tolerance }, progress, cancellationToken);

    /// <summary>Gives a table's buckets as many replicas as its options ask for, or as there are nodes; ends when all have them. Setting the option begins this by itself; this waits for it, and does
    /// again what was missing for want of nodes.</summary>
    /// <param name="table"><c>database.table</c></param>
    /// <param name="progress">Told of each look, about two a second.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>.</exception>
    public async Task ApplyReplicasAsync(string table, IProgress<RebalanceProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var info = await FindAsync(table, cancellationToken).ConfigureAwait(false);
        await RunAsync(CopiesOf(info), progress, cancellationToken, move => move.Bucket.Table == info.Id).ConfigureAwait(false);
    }

    /// <summary>Begins the moves that a changed number of replicas asks for.</summary>
    internal Task BeginReplicasAsync(TableInfo table, CancellationToken cancellationToken) =>
        _connection.Retry.RunAsync(() => Grain.StepAsync(CopiesOf(table)), cancellationToken);

    private static RebalanceRequest CopiesOf(TableInfo table) => new() { Goal = RebalanceGoal.Copies, Table = table.Id, MovesMax = RebalanceRequest.MovesLimit };

    private Task<TableInfo> FindAsync(string table, CancellationToken cancellationToken) =>
        _connection.Retry.RunAsync(() => _connection.Catalog.GetTableAsync(TablePath.Parse(table)), cancellationToken);

    private async Task<RebalanceProgress> RunAsync(
        RebalanceRequest request, IProgress<RebalanceProgress>? progress, CancellationToken cancellationToken, Func<BucketMove, bool>? concerns = null)
    {
        var begun = new Dictionary<BucketId, int>();
        while (true)
        {
            var step = await _connection.Retry.RunAsync(() => Grain.StepAsync(request), cancellationToken).ConfigureAwait(false);
            progress?.Report(step);
            if (step.Begun.IsEmpty && !(concerns is null ? !step.UnderWay.IsEmpty : step.UnderWay.Any(concerns)))
                return step;
            foreach (var move in step.Begun)
                if ((begun[move.Bucket] = begun.GetValueOrDefault(move.Bucket) + 1) > RepeatsMax)
                    throw new GridException(GridErrorCode.Timeout,
                        $"Bucket {move.Bucket} was moved {RepeatsMax} times and is still not where it should be. {move.Problem ?? "See the logs of its nodes."} Nothing is lost; try again later.");
            await Task.Delay(Look, _connection.Time, cancellationToken).ConfigureAwait(false);
        }
    }
}
