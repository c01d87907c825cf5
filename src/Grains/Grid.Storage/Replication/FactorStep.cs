using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>Gives buckets as many replicas as their tables ask for, or as there are nodes: new ones where draining would put them; those that go are on draining nodes, out of sync, or share a zone.</summary>
internal sealed class FactorStep(RebalanceState state)
{
    public void Run()
    {
        foreach (var bucket in state.Buckets)
        {
            if (state.MovesLeft == 0)
                return;
            if (state.Options.Table is { } only && bucket.Bucket.Table != only)
                continue;
            if (bucket.Wanted == 0 || bucket.Wanted == bucket.Record.Replicas.Length || state.IsMoving(bucket) || !state.CanBeLed(bucket))
                continue;
            var target = bucket.Wanted > bucket.Record.Replicas.Length ? More(bucket) : Fewer(bucket);
            if (target.Length != bucket.Record.Replicas.Length)
                state.Move(bucket, target);
        }
    }

    private ImmutableArray<NodeName> More(BucketLoad bucket)
    {
        var target = bucket.Record.Replicas.ToList();
        while (target.Count < bucket.Wanted && state.FindReceiver(bucket, target) is { } next)
            target.Add(next.Name);
        return [.. target];
    }

    /// <summary>The leader stays first, so that nobody waits for a hand-over.</summary>
    private ImmutableArray<NodeName> Fewer(BucketLoad bucket)
    {
        var record = bucket.Record;
        var left = record.Replicas.ToList();
        var target = new List<NodeName>(bucket.Wanted);
        while (target.Count < bucket.Wanted)
        {
            var next = left.MinBy(node => (
                state.Options.Draining.Contains(node),
                !record.InSync.Contains(node) || !state.Live.ContainsKey(node),
                node != record.Leader,
                state.Live.TryGetValue(node, out var known) ? state.Neighbours(known, target) : 0,
                state.WeightOf(node)));
            target.Add(next);
            left.Remove(next);
        }

        return [.. target];
    }
}
