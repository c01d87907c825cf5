using Grid.Abstractions;
using Grid.Simulation.Kit;

namespace Grid.Simulation.Runs;

/// <summary>Lets things go wrong until it is told to stop, and then makes everything good again. What goes wrong is over after some time of its own.</summary>
internal sealed class Nemesis(SimScheduler scheduler, ISimCluster cluster, FaultPlan plan)
{
    private readonly SimRandom _random = scheduler.Random.Fork("nemesis");
    private bool _stopped;

    public void Start() => Plan();

    /// <summary>Heals the network and the store, thaws and starts all nodes.</summary>
    public void Stop()
    {
        _stopped = true;
        cluster.Network.Heal();
        cluster.Network.Profile = NetworkProfile.Calm;
        (cluster.Store.IsAway, cluster.Store.FailBefore, cluster.Store.FailAfter) = (false, 0, 0);
        foreach (var node in cluster.Nodes)
        {
            var process = cluster.Network[node];
            process.StepCost = TimeSpan.Zero;
            cluster.Disk(node).Files.CrashAt = -1;
            if (process.IsFrozen)
                process.Thaw();
            if (!process.IsUp)
                cluster.Start(node);
        }
    }

    private void Plan()
    {
        if (plan.Faults.Count == 0)
            return;
        scheduler.After(_random.Between(0, 2 * plan.FaultEveryMs), () =>
        {
            if (_stopped)
                return;
            Strike(_random.Pick(plan.Faults), _random.Pick(cluster.Nodes));
            Plan();
        });
    }

    private void Strike(Fault fault, NodeName node)
    {
        var process = cluster.Network[node];
        var others = cluster.Nodes.Where(other => other != node).ToList();
        scheduler.Note($"nemesis: {fault} at {node}");
        switch (fault)
        {
            case Fault.Kill or Fault.PowerOff when process.IsUp:
            case Fault.LoseDisk when process.IsUp && cluster.CanLoseDisk(node):
                cluster.Crash(node, fault);
                Later(50, 8000, () => cluster.Start(node), () => !process.IsUp);
                break;
            case Fault.TornWrite when process.IsUp:
                cluster.Disk(node).StopWithin(20);
                break;
            case Fault.Freeze when process.IsUp:
                process.Freeze();
                Later(50, 8000, process.Thaw, () => process.IsFrozen);
                break;
            case Fault.SlowNode:
                process.StepCost = _random.Between(0.5, 20);
                Later(500, 8000, () => process.StepCost = TimeSpan.Zero);
                break;
            case Fault.SlowLink:
                cluster.Network.Slow(node, 1 + (_random.NextDouble() * 50));
                Later(500, 8000, cluster.Network.Heal);
                break;
            case Fault.Split:
                var side = _random.PickSome(cluster.Nodes);
                var rest = cluster.Nodes.Except(side).ToList();
                cluster.Network.Split(side, _random.Chance(0.5) ? [.. rest, SimRecordStore.Name] : rest);
                Later(200, 8000, cluster.Network.Heal);
                break;
            case Fault.OneWay:
                var inward = _random.Chance(0.5);
                foreach (var other in _random.PickSome(others))
                    cluster.Network.Block(inward ? other : node, inward ? node : other);
                Later(200, 8000, cluster.Network.Heal);
                break;
            case Fault.CutFromStore:
                var deaf = _random.Chance(0.5);
                cluster.Network.Block(deaf ? SimRecordStore.Name : node, deaf ? node : SimRecordStore.Name);
                Later(200, 8000, cluster.Network.Heal);
                break;
            case Fault.StoreAway:
                cluster.Store.IsAway = true;
                Later(200, 8000, () => cluster.Store.IsAway = false);
                break;
            case Fault.StoreFlaky:
                (cluster.Store.FailBefore, cluster.Store.FailAfter) = (_random.NextDouble() * 0.4, _random.NextDouble() * 0.4);
                Later(500, 8000, () => (cluster.Store.FailBefore, cluster.Store.FailAfter) = (0, 0));
                break;
            case Fault.ClockJump:
                process.Clock.Skew += _random.Between(0, 20_000) - TimeSpan.FromSeconds(10);
                break;
            case Fault.FlushFails:
                var files = cluster.Disk(node).Files;
                files.FailFlushFrom = files.Flushes + _random.Next(5);
                break;
            case Fault.Usurp when process.IsUp:
                cluster.TakeLead(node);
                break;
            case Fault.Race:
                foreach (var one in cluster.Nodes.Where(one => cluster.Network[one].IsUp))
                    cluster.TakeLead(one);
                break;
        }
    }

    private void Later(double minimumMs, double maximumMs, Action action, Func<bool>? still = null) =>
        scheduler.After(_random.Between(minimumMs, maximumMs), () =>
        {
            if (!_stopped && (still is null || still()))
                action();
        });
}
