using System.Globalization;
using Grid.Abstractions;
using Grid.Simulation.Checks;
using Grid.Simulation.Kit;
using Grid.Storage.Lake.Commit;

namespace Grid.Simulation.Lake;

/// <summary>
/// One that commits change after change, each by <see cref="CommitProtocol"/>, over a store whose calls are slow, fail, or have their effect after they were given up. Now and then it dies in the middle and
/// another one goes on from what it reads.
/// </summary>
internal sealed class SimCommitter(SimScheduler scheduler, SimLakeTable table, string name, SimCommitterFaults faults)
{
    private const int Buckets = 3;
    private const int AttemptsMax = 4;
    private readonly SimRandom _random = scheduler.Random.Fork(name);
    private readonly List<(long Snapshot, CommitStep Result)> _ended = [];
    private int _life;
    private long _snapshots;

    /// <summary>Changes that came to an end.</summary>
    public int Ended => _ended.Count;

    public void Start() => scheduler.After(_random.Between(0, 5), () => Begin(_life));

    /// <summary>Each change ended as it was told: in the table once, or not at all where its files may go.</summary>
    public void Check()
    {
        foreach (var (snapshot, result) in _ended)
        {
            if (result != CommitStep.Unknown && table.IsApplied(snapshot) != (result == CommitStep.Committed))
                throw new CheckFailedException(string.Create(CultureInfo.InvariantCulture, $"{name}: snapshot {snapshot} ended as {result}, and is {(table.IsApplied(snapshot) ? "" : "not ")}in the table"));
        }
    }

    private void Begin(int life) => Call(life, () => table.Head, head =>
    {
        // Up to where the logs are at this moment: another committer may be at the same rows.
        var offsets = head.Offsets;
        var ranges = new List<(LakeBucket, long, long)>();
        for (var number = 0; number < Buckets; number++)
        {
            var bucket = new LakeBucket(new PartitionId(0), number);
            if (_random.Chance(0.2))
                ranges.Add((bucket, offsets[bucket].Value, offsets[bucket].Value)); // guarded
            else if (_random.Chance(0.6))
                ranges.Add((bucket, offsets[bucket].Value, offsets[bucket].Value + _random.Next(1, 100)));
        }

        var change = new LakeChangeRange([.. ranges]);
        var snapshot = (++_snapshots * 10) + (name[^1] - '0');
        var commit = new CommitProtocol(offsets, [.. ranges.Select(range => range.Item1)], AttemptsMax);
        Drive(life, commit, snapshot, change);
    }, () => scheduler.After(_random.Between(1, 20), () => Begin(life)));

    private void Drive(int life, CommitProtocol commit, long snapshot, LakeChangeRange change)
    {
        if (life != _life)
            return;
        if (_random.Chance(faults.Death))
        {
            scheduler.Note($"{name} dies at {commit.Step}");
            var next = ++_life;
            scheduler.After(_random.Between(1, 100), () => Begin(next));
            return;
        }

        void GoOn() => Drive(life, commit, snapshot, change);
        void Failed()
        {
            commit.OnFailure();
            scheduler.After(_random.Between(1, 30), GoOn);
        }

        switch (commit.Step)
        {
            case CommitStep.ReadHead:
                Call(life, () => table.Head, head =>
                {
                    commit.OnHead(head);
                    GoOn();
                }, Failed);
                break;
            case CommitStep.WriteList:
                Call(life, () => true, _ =>
                {
                    commit.OnListWritten();
                    GoOn();
                }, Failed);
                break;
            case CommitStep.CreateVersion:
                var builtOn = commit.Head!;
                var next = Next(builtOn, change);
                Call(life, () => table.TryCreate(next, builtOn, snapshot, change), created =>
                {
                    commit.OnCreated(created);
                    GoOn();
                }, Failed);
                break;
            case CommitStep.ReadVersion:
                Call(life, () => table.Find(commit.NextVersion, snapshot), found =>
                {
                    commit.OnVersion(found);
                    GoOn();
                }, Failed);
                break;
            default:
                scheduler.Note($"{name}: {snapshot} is {commit.Step}");
                _ended.Add((snapshot, commit.Step));
                scheduler.After(_random.Between(1, 20), () => Begin(life));
                break;
        }
    }

    private static LakeHead Next(LakeHead head, LakeChangeRange change)
    {
        var offsets = head.Offsets;
        foreach (var (bucket, _, to) in change.Ranges)
            offsets = offsets.With(bucket, new LogOffset(to));
        return new LakeHead(head.Version + 1, offsets);
    }

    /// <summary>A call of the store. Failed for its caller means before it had its effect, after it, or long before.</summary>
    private void Call<T>(int life, Func<T> effect, Action<T> answered, Action failed)
    {
        var there = _random.Between(0.1, faults.SlowestMs);
        var back = _random.Between(0.1, faults.SlowestMs);
        if (_random.Chance(faults.Lost))
        {
            scheduler.After(there + back, () => IfAlive(life, failed));
        }
        else if (_random.Chance(faults.AnswerLost))
        {
            scheduler.After(there, () => effect());
            scheduler.After(there + back, () => IfAlive(life, failed));
        }
        else if (_random.Chance(faults.Late))
        {
            scheduler.After(there + back, () => IfAlive(life, failed));
            scheduler.After(_random.Between(10, 2000), () => effect());
        }
        else
        {
            scheduler.After(there, () =>
            {
                var answer = effect();
                scheduler.After(back, () => IfAlive(life, () => answered(answer)));
            });
        }
    }

    private void IfAlive(int life, Action action)
    {
        if (life == _life)
            action();
    }
}
