using Grid.Abstractions;

namespace Grid.Simulation.Kit;

public sealed class SimRecordStoreTests
{
    private static readonly NodeName A = new("a");
    private static readonly BucketRecord First = new() { Epoch = new LeaderEpoch(1), Leader = A, Replicas = [A], InSync = [A] };
    private readonly SimScheduler _scheduler = new(1);
    private readonly SimNetwork _network;
    private readonly SimProcess _caller;
    private readonly SimRecordStore _store;

    public SimRecordStoreTests()
    {
        _network = new SimNetwork(_scheduler);
        _caller = new SimProcess(_scheduler, A);
        _network.Add(_caller);
        _caller.Start();
        _store = new SimRecordStore(_scheduler, _network, First);
    }

    [Fact]
    public void Of_two_replaces_of_one_version_one_wins()
    {
        var read = _store.Current;

        Assert.Equal([RecordOutcome.Replaced, RecordOutcome.Lost], Replace(2, 3).Order());
        Assert.NotEqual(read.Tag, _store.Current.Tag);
        Assert.True(_store.Current.Record.Epoch.Value is 2 or 3);
    }

    [Fact]
    public void A_call_that_fails_may_have_done_it_or_not()
    {
        _store.FailAfter = 1;
        Assert.Equal([RecordOutcome.Unknown], Replace(2));
        Assert.Equal(2, _store.Current.Record.Epoch.Value);
        (_store.FailAfter, _store.FailBefore) = (0, 1);
        Assert.Equal([RecordOutcome.Unknown], Replace(3));
        Assert.Equal(2, _store.Current.Record.Epoch.Value);
    }

    [Fact]
    public void A_caller_that_hears_nothing_knows_nothing()
    {
        _network.Block(SimRecordStore.Name, A);

        Assert.Equal([RecordOutcome.Unknown], Replace(2));
        Assert.Equal(2, _store.Current.Record.Epoch.Value);
    }

    private List<RecordOutcome> Replace(params int[] epochs)
    {
        var outcomes = new List<RecordOutcome>();
        var read = _store.Current;
        foreach (var epoch in epochs)
            _store.Replace(_caller, read, First with { Epoch = new LeaderEpoch(epoch) }, (outcome, _) => outcomes.Add(outcome));
        _scheduler.RunUntil(_scheduler.Now + TimeSpan.FromSeconds(10));
        return outcomes;
    }
}
