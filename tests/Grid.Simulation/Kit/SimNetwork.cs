using Grid.Abstractions;

namespace Grid.Simulation.Kit;

/// <summary>
/// Carries messages between processes: late, out of order, twice, or not at all. A blocked direction swallows what is sent into it and what is under way in it. A message to a process that
/// died meanwhile is lost; one to a process that is down when it arrives is refused, as a closed port does.
/// </summary>
internal sealed class SimNetwork
{
    private readonly SimScheduler _scheduler;
    private readonly SimRandom _random;
    private readonly Dictionary<NodeName, SimProcess> _processes = [];
    private readonly HashSet<(NodeName From, NodeName To)> _blocked = [];
    private readonly Dictionary<NodeName, double> _slow = [];

    public SimNetwork(SimScheduler scheduler)
    {
        _scheduler = scheduler;
        _random = scheduler.Random.Fork("network");
    }

    public NetworkProfile Profile { get; set; } = NetworkProfile.Calm;

    /// <summary>Messages that were handed over so far.</summary>
    public long Delivered { get; private set; }

    public void Add(SimProcess process) => _processes.Add(process.Name, process);

    public SimProcess this[NodeName name] => _processes[name];

    /// <summary>Sends a message. Called by a process that runs.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="what">For the trace.</param>
    /// <param name="deliver">Runs as an event of the receiver.</param>
    /// <param name="refused">Runs as an event of the sender where the receiver is down.</param>
    /// <param name="twice">Whether the network may deliver it twice.</param>
    public void Send(NodeName from, NodeName to, string what, Action deliver, Action? refused = null, bool twice = false)
    {
        var sender = _processes[from];
        var receiver = _processes[to];
        if (from == to)
        {
            receiver.After(0.01, deliver);
            return;
        }

        var lost = _random.Chance(Profile.Loss);
        var copies = twice && _random.Chance(Profile.Duplication) ? 2 : 1;
        for (var copy = 0; copy < copies; copy++)
        {
            var delay = Delay(from, to);
            if (lost || _blocked.Contains((from, to)))
            {
                _scheduler.Note($"{from} -x {to}: {what}");
                return;
            }

            _scheduler.Note($"{from} -> {to}: {what}");
            var (sent, met) = (sender.Incarnation, receiver.Incarnation);
            var wasUp = receiver.IsUp;
            _scheduler.After(delay, () => Arrive(sender, sent, receiver, wasUp ? met : -1, what, deliver, refused));
        }
    }

    /// <summary>Cuts one direction.</summary>
    public void Block(NodeName from, NodeName to)
    {
        _scheduler.Note($"network: {from} -/-> {to}");
        _blocked.Add((from, to));
    }

    /// <summary>Cuts both directions between every one of these and every one of those.</summary>
    public void Split(IEnumerable<NodeName> these, IReadOnlyList<NodeName> those)
    {
        foreach (var one in these)
        {
            foreach (var other in those.Where(other => other != one))
            {
                Block(one, other);
                Block(other, one);
            }
        }
    }

    public bool IsBlocked(NodeName from, NodeName to) => _blocked.Contains((from, to));

    public void Heal()
    {
        _scheduler.Note("network: heals");
        _blocked.Clear();
        _slow.Clear();
    }

    /// <summary>Makes all messages of a node take so many times as long.</summary>
    public void Slow(NodeName node, double factor)
    {
        _scheduler.Note(FormattableString.Invariant($"network: {node} is {factor:0.0} times slower"));
        _slow[node] = factor;
    }

    private TimeSpan Delay(NodeName from, NodeName to)
    {
        var delay = _random.Chance(Profile.Spikes) ? _random.Between(Profile.MaximumMs, Profile.SpikeMs) : _random.Between(Profile.MinimumMs, Profile.MaximumMs);
        return delay * (_slow.GetValueOrDefault(from, 1) * _slow.GetValueOrDefault(to, 1));
    }

    private void Arrive(SimProcess sender, int sent, SimProcess receiver, int met, string what, Action deliver, Action? refused)
    {
        if (_blocked.Contains((sender.Name, receiver.Name)))
        {
            _scheduler.Note($"{sender.Name} -x {receiver.Name}: {what}, cut off under way");
            return;
        }

        if (!receiver.IsUp)
        {
            if (refused is not null && !_blocked.Contains((receiver.Name, sender.Name)))
                _scheduler.After(Delay(receiver.Name, sender.Name), () => sender.Run(sent, refused));
            return;
        }

        // A connection does not outlive its process: what was sent to the one before is lost.
        if (met >= 0 && met != receiver.Incarnation)
            return;
        Delivered++;
        receiver.Run(receiver.Incarnation, deliver);
    }
}
