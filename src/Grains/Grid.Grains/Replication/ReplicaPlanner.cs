using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage.Replication;

namespace Grid.Grains.Replication;

/// <summary>
/// Chooses nodes for buckets, among those that live: who leads one that has a record, and where one without begins. What each node carries is counted from what this planner chose since it started, which is enough to
/// spread new tables; what grows uneven over time is the rebalancing's work. Thread safe.
/// </summary>
public sealed class ReplicaPlanner(INodeDirectory directory)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<NodeName, (int Leaders, int Buckets)> _chosen = [];

    /// <summary>The node that should lead a new bucket first; null: no node lives.</summary>
    public NodeName? ChooseLeader(BucketId bucket)
    {
        lock (_lock)
        {
            var chosen = ReplicaChooser.Choose(bucket, 1, Loads());
            if (chosen.IsEmpty)
                return null;
            Count(chosen[0], leaders: 1, buckets: 0);
            return chosen[0];
        }
    }

    /// <summary>The replicas of a new bucket, the leader first: as many as the table asks for, or as live and do not drain. A leader that drains is none of them where there are others.</summary>
    /// <exception cref="ArgumentException">The leader does not live.</exception>
    public ImmutableArray<NodeName> ChooseReplicas(BucketId bucket, TableOptions options, NodeName leader)
    {
        lock (_lock)
        {
            var loads = Loads();
            NodeName? first = directory.Nodes.Any(node => node.Name == leader && node.IsDraining) && loads.All(load => load.Name != leader) ? null : leader;
            var chosen = ReplicaChooser.Choose(bucket, ReplicationRules.Resolve(options, loads.Length).Replicas, loads, first);
            foreach (var node in chosen)
                Count(node, leaders: 0, buckets: 1);
            return chosen;
        }
    }

    /// <summary>The node that may lead a bucket: the recorded leader if it lives, else the first of its replicas that lives and is in sync.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NotEnoughReplicas"/>: none of them lives.</exception>
    public NodeName FindLeader(BucketId bucket, BucketRecord record)
    {
        if (record.Leader is { } leader && directory.TryGetSilo(leader, out _))
            return leader;
        foreach (var node in record.Replicas)
            if (record.InSync.Contains(node) && directory.TryGetSilo(node, out _))
                return node;
        throw new GridException(GridErrorCode.NotEnoughReplicas,
            $"Bucket {bucket} has no leader: of its replicas {string.Join(", ", record.Replicas)} only {string.Join(", ", record.InSync)} have everything, and none of them lives. Start one of them.");
    }

    private ImmutableArray<NodeLoad> Loads()
    {
        var nodes = directory.Nodes;
        if (nodes.Any(node => !node.IsDraining))
            nodes = nodes.RemoveAll(node => node.IsDraining);
        var loads = ImmutableArray.CreateBuilder<NodeLoad>(nodes.Length);
        foreach (var node in nodes)
        {
            var (leaders, buckets) = _chosen.GetValueOrDefault(node.Name);
            loads.Add(new NodeLoad { Name = node.Name, Zone = node.Zone, Leaders = leaders, Buckets = buckets });
        }

        // A node that comes anew would get every new bucket until it had caught up with counts that are only ours: start even.
        if (loads.Count != _chosen.Count || loads.Any(load => !_chosen.ContainsKey(load.Name)))
        {
            _chosen.Clear();
            for (var i = 0; i < loads.Count; i++)
            {
                loads[i] = loads[i] with { Leaders = 0, Buckets = 0 };
                _chosen[loads[i].Name] = default;
            }
        }

        return loads.MoveToImmutable();
    }

    private void Count(NodeName node, int leaders, int buckets)
    {
        var (oldLeaders, oldBuckets) = _chosen.GetValueOrDefault(node);
        _chosen[node] = (oldLeaders + leaders, oldBuckets + buckets);
    }
}
