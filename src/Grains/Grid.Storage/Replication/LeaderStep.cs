using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>
/// Takes the lead from draining nodes, then from nodes that lead more than others, and gives it to a live replica in sync. Each chain of changes brings two
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
            while (FindChain(from, isEnd: _ => true) is { } chain && TryChange(chain))
            {
            }

        if (_state.Options.Goal != RebalanceGoal.Even)
            return;
        while (FindEveningChain(others) is { } chain && TryChange(chain))
        {
        }
    }

    private List<NodeName> Names(bool draining) =>
        [.. _state.Live.Keys.Where(node => _state.Options.Draining.Contains(node) == draining).OrderBy(node => node.Value, StringComparer.Ordinal)];

    private List<LeaderChange>? FindEveningChain(List<NodeName> nodes)
    {
        foreach (var from in nodes.OrderByDescending(node => _counts[node]).ThenBy(node => node.Value, StringComparer.Ordinal))
            if (FindChain(from, node => _counts[from] - _counts[node] >= 2) is { } chain)
                return chain;
        return null;
    }

    /// <summary>
    /// The shortest chain of changes by which a node leads one bucket less and the node at its end one more, the others as many as before; of equally short ones,
    /// the one to the node that leads least. A chain of one change is not always enough: the node that leads least may share no bucket with the one that leads most.
    /// </summary>
    private List<LeaderChange>? FindChain(NodeName from, Func<NodeName, bool> isEnd)
    {
        var cameBy = new Dictionary<NodeName, LeaderChange?> { [from] = null };
        List<NodeName> reached = [from];
        while (reached.Count > 0)
        {
            List<NodeName> next = [];
            foreach (var node in reached)
                foreach (var bucket in _ledBy[node])
                    foreach (var to in bucket.Record.InSync)
                        if (_counts.ContainsKey(to) && !_state.Options.Draining.Contains(to) && cameBy.TryAdd(to, new LeaderChange(bucket.Bucket, node, to)))
                            next.Add(to);
            if (next.Where(isEnd).OrderBy(node => _counts[node]).Select(node => (NodeName?)node).FirstOrDefault() is { } end)
                return Walk(cameBy, end);
            reached = next;
        }

        return null;
    }

    private static List<LeaderChange> Walk(Dictionary<NodeName, LeaderChange?> cameBy, NodeName end)
    {
        List<LeaderChange> chain = [];
        for (var change = cameBy[end]; change is not null; change = cameBy[change.From])
            chain.Add(change);
        return chain;
    }

    private bool TryChange(List<LeaderChange> chain)
    {
        if (Changes.Count + chain.Count > _state.Options.LeaderChangesMax)
            return false;
        foreach (var change in chain)
        {
            _ledBy[change.From].RemoveAll(bucket => bucket.Bucket == change.Bucket);
            _counts[change.From]--;
            _counts[change.To]++;
        }

        Changes.AddRange(chain);
        return true;
    }
}
