using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>
/// Moves replicas from heavy nodes to light ones, one bucket at a time, as long as that brings the two closer. Only buckets whose replicas all live and are in
/// sync move for this; none comes to share a zone with more of its replicas than before.
/// </summary>
internal sealed class BalanceStep(RebalanceState state)
{
    public void Run()
    {
        if (state.Receivers.Length < 2)
            return;
        var movable = state.Buckets.Where(IsHealthy).ToList();
        while (state.MovesLeft > 0 && FindMove(movable) is { } move)
        {
            var target = move.Bucket.Record.Replicas.Replace(move.From, move.To);
            state.Move(move.Bucket, target);
            movable.Remove(move.Bucket);
        }
    }

    private bool IsHealthy(BucketLoad bucket) =>
        !state.IsMoving(bucket) && bucket.Record.InSync.Length == bucket.Record.Replicas.Length && bucket.Record.Replicas.All(state.Live.ContainsKey);

    private (BucketLoad Bucket, NodeName From, NodeName To)? FindMove(List<BucketLoad> movable)
    {
        var tolerated = state.Options.Tolerance * state.Receivers.Sum(node => state.WeightOf(node.Name)) / state.Receivers.Length;
        var byWeight = state.Receivers.OrderBy(node => state.WeightOf(node.Name)).ThenBy(node => node.Name.Value, StringComparer.Ordinal).ToArray();
        for (var heavy = byWeight.Length - 1; heavy > 0; heavy--)
            for (var light = 0; light < heavy; light++)
            {
                var (from, to) = (byWeight[heavy], byWeight[light]);
                var gap = state.WeightOf(from.Name) - state.WeightOf(to.Name);
                if (gap <= tolerated)
                    break; // those that follow are heavier still
                if (FindBucket(movable, from, to, gap) is { } bucket)
                    return (bucket, from.Name, to.Name);
            }

        return null;
    }

    /// <summary>The bucket whose move leaves the smallest gap; the heaviest node must not just change places.</summary>
    private BucketLoad? FindBucket(List<BucketLoad> movable, NodeLoad from, NodeLoad to, double gap)
    {
        BucketLoad? best = null;
        var bestGap = gap;
        foreach (var bucket in movable)
        {
            var replicas = bucket.Record.Replicas;
            if (!replicas.Contains(from.Name) || replicas.Contains(to.Name))
                continue;
            var gapLeft = Math.Abs(gap - 2 * state.WeightOf(bucket));
            if (gapLeft >= bestGap - 1e-12)
                continue;
            var others = replicas.Remove(from.Name);
            if (state.Neighbours(to, others) > state.Neighbours(from, others))
                continue;
            (best, bestGap) = (bucket, gapLeft);
        }

        return best;
    }
}
