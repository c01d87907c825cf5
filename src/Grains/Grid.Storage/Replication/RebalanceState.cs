using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>What the steps of one computation share: who lives, what each node carries once all moves are done, and the moves so far.</summary>
internal sealed class RebalanceState
{
    private readonly double _weightOfByte;
    private readonly double _weightOfLoad;
    private readonly double _weightOfBucket;
    private readonly Dictionary<NodeName, double> _weights = [];
    private readonly HashSet<BucketId> _moving = [];

    public RebalanceState(IReadOnlyList<BucketLoad> buckets, IReadOnlyList<NodeLoad> live, RebalanceOptions options)
    {
        Options = options;
        Buckets = [.. buckets.OrderBy(bucket => bucket.Bucket.Table.Value).ThenBy(bucket => bucket.Bucket.Partition.Value).ThenBy(bucket => bucket.Bucket.Number)];
        Live = live.ToDictionary(node => node.Name);
        Receivers = [.. live.Where(node => !options.Draining.Contains(node.Name)).OrderBy(node => node.Name.Value, StringComparer.Ordinal)];

        // Bytes and load count alike, each as a part of the cluster's; the number of buckets decides among the weightless.
        const double CountShare = 0.01;
        _weightOfByte = Share(buckets.Sum(bucket => (double)bucket.Bytes * bucket.Record.Replicas.Length));
        _weightOfLoad = Share(buckets.Sum(bucket => (double)bucket.Load * bucket.Record.Replicas.Length));
        _weightOfBucket = CountShare * Share(buckets.Sum(bucket => (double)bucket.Record.Replicas.Length));
        foreach (var bucket in Buckets)
        {
            var target = bucket.Record.Target;
            if (!target.IsDefaultOrEmpty)
                _moving.Add(bucket.Bucket);
            foreach (var node in target.IsDefaultOrEmpty ? bucket.Record.Replicas : target)
                Add(node, WeightOf(bucket));
        }

        MovesLeft = Math.Max(0, options.MovesMax - _moving.Count);
    }

    public RebalanceOptions Options { get; }

    public ImmutableArray<BucketLoad> Buckets { get; }

    public Dictionary<NodeName, NodeLoad> Live { get; }

    /// <summary>Live nodes that are not draining.</summary>
    public ImmutableArray<NodeLoad> Receivers { get; }

    public List<ReplicaMove> Moves { get; } = [];

    public int MovesLeft { get; private set; }

    public bool IsMoving(BucketLoad bucket) => _moving.Contains(bucket.Bucket);

    public double WeightOf(BucketLoad bucket) => bucket.Bytes * _weightOfByte + bucket.Load * _weightOfLoad + _weightOfBucket;

    public double WeightOf(NodeName node) => _weights.GetValueOrDefault(node);

    /// <summary>Only a leader moves a bucket, and only a live replica in sync can lead.</summary>
    public bool CanBeLed(BucketLoad bucket) => bucket.Record.InSync.Any(Live.ContainsKey);

    /// <summary>In how many of a bucket's other nodes' company a node would fail.</summary>
    public int Neighbours(NodeLoad node, IEnumerable<NodeName> others) =>
        others.Count(other => other != node.Name && Live.TryGetValue(other, out var known) && ReplicaChooser.SameZone(node, known));

    public void Move(BucketLoad bucket, ImmutableArray<NodeName> target)
    {
        foreach (var node in bucket.Record.Replicas)
            Add(node, -WeightOf(bucket));
        foreach (var node in target)
            Add(node, WeightOf(bucket));
        _moving.Add(bucket.Bucket);
        Moves.Add(new ReplicaMove(bucket.Bucket, target));
        MovesLeft--;
    }

    /// <summary>A move under way goes elsewhere; it counts as before.</summary>
    public void Redirect(BucketLoad bucket, ImmutableArray<NodeName> target)
    {
        foreach (var node in bucket.Record.Target)
            Add(node, -WeightOf(bucket));
        foreach (var node in target)
            Add(node, WeightOf(bucket));
        Moves.Add(new ReplicaMove(bucket.Bucket, target));
    }

    /// <summary>The node for one more replica: one that has or gets the bucket already, in the zone that has fewest of the others, the lightest.</summary>
    public NodeLoad? FindReceiver(BucketLoad bucket, List<NodeName> others) => Receivers.Where(node => !others.Contains(node.Name))
        .MinBy(node => (!bucket.Record.Replicas.Contains(node.Name), Neighbours(node, others), WeightOf(node.Name), ReplicaChooser.HashOf(bucket.Bucket, node.Name)));

    private void Add(NodeName node, double weight) => _weights[node] = WeightOf(node) + weight;

    private static double Share(double sum) => sum > 0 ? 1 / sum : 0;
}
