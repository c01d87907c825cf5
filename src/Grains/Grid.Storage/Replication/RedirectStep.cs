using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>
/// Moves that go to a node which drains by now get another target: a copy that is there or under way rather than a new one. A move to a node that merely does not live waits: it may be back in a moment, and whoever
/// knows that it will not drains it.
/// </summary>
internal sealed class RedirectStep(RebalanceState state)
{
    public void Run()
    {
        foreach (var bucket in state.Buckets)
        {
            var present = bucket.Record.Target;
            if (present.IsDefaultOrEmpty || !present.Any(state.Options.Draining.Contains))
                continue;
            var target = present.Where(node => !state.Options.Draining.Contains(node)).ToList();
            while (target.Count < present.Length && state.FindReceiver(bucket, target) is { } next)
                target.Add(next.Name);
            if (target.Count == present.Length)
                state.Redirect(bucket, [.. target]);
        }
    }
}
