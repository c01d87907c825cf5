using Grid.Simulation.History;
using Grid.Simulation.Kit;

namespace Grid.Simulation.Clients;

/// <summary>
/// An idempotent writer of a log table: some frames in flight, each sent again under its sequence until it is acknowledged. What was never acknowledged stays open in the history.
/// </summary>
internal sealed class AppendClient(SimScheduler scheduler, SimProcess process, IBucketPort port, RunHistory history, long writer, int inFlightMax, double thinkMsMax)
{
    private const double TimeoutMs = 2000;
    private readonly SimRandom _random = scheduler.Random.Fork($"append {writer}");
    private readonly LeaderGuess _leader = new(process, port, scheduler.Random.Fork($"append {writer} leader"));
    private readonly SortedSet<int> _open = [];
    private int _sequence;
    private bool _stopped;

    /// <summary>Frames that are not acknowledged yet.</summary>
    public int InFlight => _open.Count;

    public void Start() => _leader.Refresh(Think);

    /// <summary>Begins nothing new; what is in flight goes on.</summary>
    public void Stop() => _stopped = true;

    private void Think() => process.After(_random.Between(0, thinkMsMax), () =>
    {
        if (_stopped)
            return;
        // Frames in flight are the next ones of a writer: as many as a bucket remembers for a repeat.
        if (_sequence - (_open.Count > 0 ? _open.Min : _sequence) < inFlightMax)
            Append();
        Think();
    });

    private void Append()
    {
        var operation = new AppendOperation { Writer = writer, Sequence = _sequence, Hash = SimFrames.HashOf(writer, _sequence), InvokedAt = scheduler.Now };
        _open.Add(_sequence++);
        history.Appends.Add(operation);
        Send(operation);
    }

    private void Send(AppendOperation operation)
    {
        var answered = false;
        port.Append(process, _leader.Node, operation, reply =>
        {
            if (operation.CompletedAt is not null || answered)
                return;
            answered = true;
            if (reply.Error is not null)
            {
                Retry(operation);
                return;
            }

            operation.CompletedAt = scheduler.Now;
            operation.BaseOffset = reply.BaseOffset;
            operation.EndOffset = reply.EndOffset;
            _open.Remove(operation.Sequence);
            scheduler.Note($"client: {operation}");
        });
        process.After(TimeoutMs, () =>
        {
            if (operation.CompletedAt is not null || answered)
                return;
            answered = true;
            Retry(operation);
        });
    }

    private void Retry(AppendOperation operation) =>
        process.After(_random.Between(5, 300), () => _leader.Refresh(() => Send(operation)));
}
