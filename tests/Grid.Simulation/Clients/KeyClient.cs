using Grid.Abstractions;
using Grid.Simulation.History;
using Grid.Simulation.Kit;

namespace Grid.Simulation.Clients;

/// <summary>
/// One operation after another on a few keys: lookups, upserts, deletes, and compare-and-sets on the version seen last. A write is sent again under its sequence until it is answered. A refusal
/// while an earlier attempt may still be under way settles nothing, so the operation stays open and the client goes on as another writer.
/// </summary>
internal sealed class KeyClient(SimScheduler scheduler, SimProcess process, IBucketPort port, RunHistory history, int client, int keys, double thinkMsMax)
{
    private const double TimeoutMs = 2000;
    private readonly SimRandom _random = scheduler.Random.Fork($"keys {client}");
    private readonly LeaderGuess _leader = new(process, port, scheduler.Random.Fork($"keys {client} leader"));
    private readonly Dictionary<long, long> _versions = [];
    private long _writer = client * 1000;
    private int _sequence;
    private int _values;
    private bool _stopped;

    /// <summary>Whether an operation is under way.</summary>
    public bool IsBusy { get; private set; }

    public void Start() => _leader.Refresh(Think);

    public void Stop() => _stopped = true;

    private void Think() => process.After(_random.Between(0, thinkMsMax), () =>
    {
        if (_stopped)
            return;
        IsBusy = true;
        var operation = NextOperation();
        history.Keys.Add(operation);
        Send(operation, attempt: 1);
    });

    private KeyOperation NextOperation()
    {
        var key = (long)_random.Next(keys);
        var kind = _random.Next(10) switch { < 3 => KeyOperationKind.Lookup, < 5 => KeyOperationKind.Upsert, < 6 => KeyOperationKind.Delete, _ => KeyOperationKind.CompareAndSet };
        return new KeyOperation
        {
            Kind = kind,
            Key = key,
            Value = kind is KeyOperationKind.Upsert or KeyOperationKind.CompareAndSet ? (client * 1_000_000L) + ++_values : 0,
            Expected = kind == KeyOperationKind.CompareAndSet ? _versions.GetValueOrDefault(key, KeyOperation.Absent) : KeyOperation.Absent,
            InvokedAt = scheduler.Now,
            AsLeader = kind == KeyOperationKind.Lookup && _random.Chance(0.7),
        };
    }

    private void Send(KeyOperation operation, int attempt)
    {
        var answered = false;
        var node = operation.IsWrite || operation.AsLeader ? _leader.Node : _random.Pick(port.Nodes);
        process.After(TimeoutMs, () => Answer(new KeyReply { Error = GridErrorCode.Timeout }));
        if (operation.IsWrite)
            port.Write(process, node, _writer, _sequence, operation, Answer);
        else
            port.Lookup(process, node, operation.Key, operation.AsLeader, Answer);

        void Answer(KeyReply reply)
        {
            if (answered)
                return;
            answered = true;
            Take(operation, reply, attempt);
        }
    }

    private void Take(KeyOperation operation, KeyReply reply, int attempt)
    {
        if (reply.Error is not null)
        {
            if (operation.IsWrite)
                process.After(_random.Between(5, 300), () => _leader.Refresh(() => Send(operation, attempt + 1)));
            else
                _leader.Refresh(End); // a lookup that failed says nothing
            return;
        }

        operation.Version = reply.Version;
        if (reply.Conflict && attempt > 1)
        {
            // An earlier attempt may be stored or still arrive: its sequence is not free.
            _writer++;
            _sequence = 0;
        }
        else
        {
            Complete(operation, reply);
        }

        scheduler.Note($"client: {operation}");
        _versions[operation.Key] = operation.Kind switch
        {
            KeyOperationKind.Delete => KeyOperation.Absent,
            KeyOperationKind.Lookup => reply.Version,
            _ when reply.Conflict => reply.Version,
            _ => reply.EndOffset - 1, // a row's version is the offset of its last change
        };
        End();
    }

    private void Complete(KeyOperation operation, KeyReply reply)
    {
        operation.CompletedAt = scheduler.Now;
        operation.Outcome = reply.Conflict ? KeyOutcome.Conflict : KeyOutcome.Done;
        operation.BaseOffset = reply.BaseOffset;
        operation.EndOffset = reply.EndOffset;
        operation.Seen = reply.Value;
        operation.AppliedOffset = reply.AppliedOffset;
        if (operation.IsWrite && !reply.Conflict)
            _sequence++;
    }

    private void End()
    {
        IsBusy = false;
        Think();
    }
}
