using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Simulation.Kit;
using Grid.Simulation.Runs;

namespace Grid.Simulation.Cluster;

/// <summary>
/// An operator who moves the bucket about: now and then any nodes, more or fewer than before, become the target, whether they live or not and whether a move is under way or not. The leader is told, or not;
/// nodes that are no replicas any more look now and then whether they may delete what they have.
/// </summary>
internal sealed class SimMover(SimScheduler scheduler, SimProcess process, SimCluster cluster, int fewest, int most, double everyMsMax)
{
    private const double LookEveryMs = 700;
    private readonly SimRandom _random = scheduler.Random.Fork("mover");
    private bool _stopped;

    /// <summary>Targets that were set.</summary>
    public int Moves { get; private set; }

    public void Start()
    {
        Move();
        Look();
    }

    /// <summary>Sets no more targets; goes on to tell the leader, as whoever waits for a move does.</summary>
    public void Stop() => _stopped = true;

    private void Move() => process.After(_random.Between(200, everyMsMax), () =>
    {
        if (_stopped)
            return;
        cluster.Store.Read(process, read =>
        {
            if (read is null || _stopped)
                return;
            var target = Draw(read.Record);
            cluster.Store.Replace(process, read, read.Record with { Target = target }, (outcome, _) =>
            {
                if (outcome != RecordOutcome.Replaced)
                    return;
                Moves++;
                if (read.Record.Leader is { } leader && _random.Chance(0.7))
                    cluster.Poke(process, leader);
            });
        });
        Move();
    });

    /// <summary>Any nodes in any order; now and then the present ones in another order, or with one of them replaced.</summary>
    private ImmutableArray<NodeName> Draw(BucketRecord record)
    {
        var nodes = cluster.Nodes.OrderBy(_ => _random.NextUInt64()).ToList();
        var count = _random.Next(fewest, Math.Min(most, nodes.Count) + 1);
        return _random.Next(4) switch
        {
            0 => [.. record.Replicas.OrderBy(_ => _random.NextUInt64())],
            1 when nodes.Find(node => !record.Replicas.Contains(node)) is { Value: not null } other => record.Replicas.SetItem(_random.Next(record.Replicas.Length), other),
            _ => [.. nodes.Take(count)],
        };
    }

    private void Look() => process.After(LookEveryMs, () =>
    {
        cluster.FindLeader(process, leader =>
        {
            if (leader is { } found)
                cluster.Poke(process, found);
        });
        if (_random.Chance(0.3))
            cluster[_random.Pick(cluster.Nodes)].LeaveIfUnnamed();
        Look();
    });
}
