using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>Replaces draining nodes: each by the lightest node of the zone that has fewest of the bucket's replicas. No bucket ever has fewer replicas for it.</summary>
internal sealed class DrainStep(RebalanceState state)
{
    public List<BucketId> Stuck { get; } = [];

    public void Run()
    {
        foreach (var bucket in state.Buckets)
        {
            if (state.IsMoving(bucket) || !bucket.Record.Replicas.Any(state.Options.Draining.Contains))
                continue;
            if (!state.CanBeLed(bucket) || FindTarget(bucket) is not { } target)
                Stuck.Add(bucket.Bucket);
            else if (state.MovesLeft > 0)
                state.Move(bucket, target);
        }
    }

    private ImmutableArray<NodeName>? FindTarget(BucketLoad bucket)
    {
        var target = bucket.Record.Replicas.Where(node => !state.Options.Draining.Contains(node)).ToList();
        while (target.Count < bucket.Record.Replicas.Length)
        {
            if (state.FindReceiver(bucket, target) is not { } next)
                return null;
            target.Add(next.Name);
        }

        return [.. target];
    }
}
