using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>
/// The next steps towards a cluster where every node carries and leads about as much as any other, and draining nodes nothing. Pure: the same input gives the same
/// steps. It is computed anew when they are done; a bucket with a move under way is left alone.
/// </summary>
public sealed record RebalancePlan
{
    /// <summary>Buckets to move.</summary>
    public required ImmutableArray<ReplicaMove> Moves { get; init; }

    /// <summary>Buckets that another of their nodes is to lead; none of them is in <see cref="Moves"/>.</summary>
    public required ImmutableArray<LeaderChange> LeaderChanges { get; init; }

    /// <summary>Buckets that cannot leave a draining node: no other live node is free to take them, or no replica of theirs that is in sync lives.</summary>
    public required ImmutableArray<BucketId> Stuck { get; init; }

    /// <summary>Computes the next steps.</summary>
    /// <param name="buckets">Every bucket of the cluster.</param>
    /// <param name="live">The nodes that live, with their zones; their loads are counted from <paramref name="buckets"/>.</param>
    /// <param name="options">Bounds.</param>
    public static RebalancePlan Compute(IReadOnlyList<BucketLoad> buckets, IReadOnlyList<NodeLoad> live, RebalanceOptions options)
    {
        ArgumentNullException.ThrowIfNull(buckets);
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(options);
        var state = new RebalanceState(buckets, live, options);
        var draining = new DrainStep(state);
        if (options.Goal != RebalanceGoal.Drain)
            new FactorStep(state).Run();
        if (options.Goal == RebalanceGoal.Copies)
            return new RebalancePlan { Moves = [.. state.Moves], LeaderChanges = [], Stuck = [] };
        new RedirectStep(state).Run();
        draining.Run();
        if (options.Goal == RebalanceGoal.Even)
            new BalanceStep(state).Run();
        var leaders = new LeaderStep(state);
        leaders.Run();
        return new RebalancePlan { Moves = [.. state.Moves], LeaderChanges = [.. leaders.Changes], Stuck = [.. draining.Stuck] };
    }
}
