using Grid.Abstractions;

namespace Grid.Simulation.Checks;

/// <summary>Epochs only rise, in the record and on every node's disk; one node leads at an epoch, and only the one that the record named.</summary>
internal sealed class EpochCheck
{
    private readonly Dictionary<LeaderEpoch, NodeName> _named = [];
    private readonly Dictionary<LeaderEpoch, NodeName> _leaders = [];
    private readonly Dictionary<NodeName, LeaderEpoch> _persisted = [];
    private BucketRecord? _record;

    /// <summary>Epochs that somebody led at.</summary>
    public int Leaderships => _leaders.Count;

    public void Observe(BucketRecord record)
    {
        if (_record is { } before && record.Epoch < before.Epoch)
            throw new CheckFailedException($"The record's epoch fell: after '{before}' came '{record}'.");
        if (record.InSync.IsDefaultOrEmpty || record.InSync.Except(record.Replicas).Any() || (record.Leader is { } leader && !record.InSync.Contains(leader)))
            throw new CheckFailedException($"The record contradicts itself: '{record}'.");
        if (record.Leader is { } named)
        {
            if (_named.TryGetValue(record.Epoch, out var other) && other != named)
                throw new CheckFailedException($"The record names {named} for epoch {record.Epoch}, it named {other} before.");
            _named[record.Epoch] = named;
        }

        _record = record;
    }

    public void Observe(IReplicaView replica)
    {
        if (_persisted.TryGetValue(replica.Node, out var before) && replica.Epoch < before)
            throw new CheckFailedException($"{replica.Node} persisted epoch {before} and now knows {replica.Epoch}.");
        _persisted[replica.Node] = replica.Epoch;
        if (!replica.Leads)
            return;
        if (_leaders.TryGetValue(replica.Epoch, out var leader) && leader != replica.Node)
            throw new CheckFailedException($"{replica.Node} and {leader} both lead at epoch {replica.Epoch}.");
        _leaders[replica.Epoch] = replica.Node;
        if (_record is not null && (!_named.TryGetValue(replica.Epoch, out var named) || named != replica.Node))
            throw new CheckFailedException($"{replica.Node} leads at epoch {replica.Epoch}; the record never named it for that one.");
    }

    /// <summary>The node's disk is new.</summary>
    public void LostDisk(NodeName node) => _persisted.Remove(node);
}
