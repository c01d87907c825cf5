using System.Globalization;
using Grid.Abstractions;
using Grid.Storage.Objects;
using Grid.Storage.Replication;

namespace Grid.Simulation.Kit;

/// <summary>
/// The object store as far as bucket records need it: one record, read and replaced under its tag. Calls go over the simulated network, so a node may be cut off from it, in one direction too;
/// a call may fail before it did anything, or after.
/// </summary>
internal sealed class SimRecordStore
{
    /// <summary>The store's name on the network.</summary>
    public static readonly NodeName Name = new("store");

    private const double TimeoutMs = 3000;
    private readonly SimScheduler _scheduler;
    private readonly SimNetwork _network;
    private readonly SimRandom _random;
    private readonly List<(ObjectTag Expected, BucketRecord Next)> _asked = [];
    private int _tags;

    public SimRecordStore(SimScheduler scheduler, SimNetwork network, BucketRecord first)
    {
        _scheduler = scheduler;
        _network = network;
        _random = scheduler.Random.Fork("store");
        Process = new SimProcess(scheduler, Name);
        network.Add(Process);
        Process.Start();
        Current = new VersionedRecord(first, NextTag());
    }

    public SimProcess Process { get; }

    public VersionedRecord Current { get; private set; }

    /// <summary>The record, and every one that a change which was asked for may still make of it.</summary>
    public IEnumerable<BucketRecord> CurrentOrNext => _asked.Where(change => change.Expected == Current.Tag).Select(change => change.Next).Prepend(Current.Record);

    /// <summary>Called with each new record.</summary>
    public Action<BucketRecord>? Changed { get; set; }

    /// <summary>The share of calls that fail and did nothing.</summary>
    public double FailBefore { get; set; }

    /// <summary>The share of calls that fail and did what was asked.</summary>
    public double FailAfter { get; set; }

    /// <summary>Whether every call fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>Reads the record; null: the store did not say.</summary>
    public void Read(SimProcess caller, Action<VersionedRecord?> done) =>
        Call(caller, "read record", () => Current, failed: null, done);

    public void Replace(SimProcess caller, VersionedRecord expected, BucketRecord next, Action<RecordOutcome, VersionedRecord?> done)
    {
        _asked.RemoveAll(change => change.Expected != Current.Tag);
        _asked.Add((expected.Tag, next));
        Call<(RecordOutcome Outcome, VersionedRecord? Record)>(caller, $"replace {expected.Tag.Value} by {next}",
            () => Replace(caller.Name, expected, next), (RecordOutcome.Unknown, null), answer => done(answer.Outcome, answer.Record));
    }

    private (RecordOutcome, VersionedRecord?) Replace(NodeName caller, VersionedRecord expected, BucketRecord next)
    {
        if (expected.Tag != Current.Tag)
            return (RecordOutcome.Lost, null);
        Current = new VersionedRecord(next, NextTag());
        _scheduler.Note($"record {Current.Tag.Value} by {caller}: {next}");
        Changed?.Invoke(next);
        return (RecordOutcome.Replaced, Current);
    }

    private void Call<T>(SimProcess caller, string what, Func<T> effect, T failed, Action<T> done)
    {
        var answered = false;
        caller.After(TimeoutMs, () => Answer(failed));
        _network.Send(caller.Name, Name, what, () =>
        {
            var answer = failed;
            if (!IsAway && !_random.Chance(FailBefore))
            {
                answer = effect();
                if (_random.Chance(FailAfter))
                    answer = failed;
            }

            _network.Send(Name, caller.Name, $"{what}: {answer}", () => Answer(answer));
        });

        void Answer(T answer)
        {
            if (answered)
                return;
            answered = true;
            done(answer);
        }
    }

    private ObjectTag NextTag() => new((++_tags).ToString(CultureInfo.InvariantCulture));
}
