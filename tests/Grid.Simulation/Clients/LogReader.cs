using Grid.Abstractions;
using Grid.Simulation.History;
using Grid.Simulation.Kit;

namespace Grid.Simulation.Clients;

/// <summary>Reads the log in order, from the leader or from whichever replica, and now and then from an earlier offset again; every answer goes into the history.</summary>
internal sealed class LogReader(SimScheduler scheduler, SimProcess process, IBucketPort port, RunHistory history, bool fromLeader)
{
    private const double TimeoutMs = 1000;
    private readonly SimRandom _random = scheduler.Random.Fork($"reader {process.Name}");
    private readonly LeaderGuess _leader = new(process, port, scheduler.Random.Fork($"reader {process.Name} leader"));
    private long _next;
    private bool _stopped;

    public void Start() => _leader.Refresh(Read);

    public void Stop() => _stopped = true;

    private void Read()
    {
        if (_stopped)
            return;
        var node = fromLeader ? _leader.Node : _random.Pick(port.Nodes);
        var from = _random.Chance(0.05) && _next > 0 ? _random.Next((int)_next) : _next;
        var invokedAt = scheduler.Now;
        var answered = false;
        port.Fetch(process, node, from, fromLeader, reply =>
        {
            if (answered)
                return;
            answered = true;
            Take(node, invokedAt, from, reply);
        });
        process.After(TimeoutMs, () =>
        {
            if (answered)
                return;
            answered = true;
            _leader.Refresh(Read);
        });
    }

    private void Take(NodeName node, TimeSpan invokedAt, long from, FetchReply reply)
    {
        if (reply.Error is null)
        {
            history.Reads.Add(new LogObservation(node, fromLeader, invokedAt, from, reply.Frames, reply.HighWatermark));
            if (from == _next || reply.NextOffset > _next)
                _next = Math.Max(_next, reply.NextOffset);
        }

        var wait = _random.Between(5, 100);
        if (reply.Error is null)
            process.After(wait, Read);
        else
            process.After(wait, () => _leader.Refresh(Read));
    }
}
