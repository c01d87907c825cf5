using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>
/// Takes the lead from draining nodes, then from nodes that lead more than others, and gives it to a live replica in sync. Each change brings two
/// counts closer or empties a draining node, so it ends.
/// </summary>
internal sealed class LeaderStep
{
    private readonly RebalanceState _state;
    private readonly Dictionary<NodeName, int> _counts = [];
    private readonly Dictionary<NodeName, List<BucketLoad>> _ledBy = [];

    public LeaderStep(RebalanceState state)
    {
        _state = state;
        foreach (var node in state.Live.Keys)
        {
            _counts[node] = 0;
            _ledBy[node] = [];
        }

        foreach (var bucket in state.Buckets)
        {
            if (bucket.Record.Leader is not { } leader || !state.Live.ContainsKey(leader))
                continue; // whoever calls the bucket next finds it another one
            _counts[leader]++;
            if (!state.IsMoving(bucket))
                _ledBy[leader].Add(bucket);
        }
    }

    public List<LeaderChange> Changes { get; } = [];

    public void Run()
    {
        var (draining, others) = (Names(draining: true), Names(draining: false));
        foreach (var from in draining)
            while (TryChange(from, leastGap: int.MinValue))
            {
            }

        if (_state.Options.Goal != RebalanceGoal.Even)
            return;
        while (true)
        {
            var changed = false;
            foreach (var from in others.OrderByDescending(node => _counts[node]).ThenBy(node => node.Value, StringComparer.Ordinal))
                if (changed = TryChange(from, leastGap: 2))
                    break;
            if (!changed)
                return;
        }
    }

    private List<NodeName> Names(bool draining) =>
        [.. _state.Live.Keys.Where(node => _state.Options.Draining.Contains(node) == draining).OrderBy(node => node.Value, StringComparer.Ordinal)];

    /// <summary>Gives one of a node's buckets to the one that leads least, if that leads less by the gap.</summary>
    private bool TryChange(NodeName from, int leastGap)
    {
        if (Changes.Count >= _state.Options.LeaderChangesMax)
            return false;
        (BucketLoad Bucket, NodeName To)? best = null;
        foreach (var bucket in _ledBy[from])
            foreach (var to in bucket.Record.InSync)
                if (to != from && _counts.TryGetValue(to, out var count) && !_state.Options.Draining.Contains(to)
                    && (leastGap == int.MinValue || _counts[from] - count >= leastGap)
                    && (best is null || count < _counts[best.Value.To]))
                    best = (bucket, to);
        if (best is not { } change)
            return false;
        _ledBy[from].Remove(change.Bucket);
        _counts[from]--;
        _counts[change.To]++;
        Changes.Add(new LeaderChange(change.Bucket.Bucket, from, change.To));
        return true;
    }
}
