namespace Grid.Simulation.Kit;

/// <summary>
/// Virtual time and everything that is to happen in it, on one thread. Events of one moment run in the order in which they were planned. Nothing here looks at a real clock: a
/// minute of the simulated cluster takes some milliseconds, and the same seed takes the same steps.
/// </summary>
internal sealed class SimScheduler
{
    private readonly PriorityQueue<Action, (long Ticks, long Order)> _events = new();
    private readonly long _stepsMax;
    private long _order;

    /// <param name="seed">What all randomness depends on.</param>
    /// <param name="traceLinesMax">Lines of the trace that are kept.</param>
    /// <param name="stepsMax">A run that takes more events than this goes round in circles, and fails.</param>
    public SimScheduler(ulong seed, int traceLinesMax = 400, long stepsMax = 2_000_000)
    {
        Seed = seed;
        Random = new SimRandom(seed);
        Trace = new SimTrace(traceLinesMax);
        _stepsMax = stepsMax;
    }

    public ulong Seed { get; }

    /// <summary>The root: fork it, don't draw from it.</summary>
    public SimRandom Random { get; }

    public SimTrace Trace { get; }

    /// <summary>Since the start of the run.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Events that ran.</summary>
    public long Steps { get; private set; }

    public void Note(string line) => Trace.Add(Now, line);

    /// <summary>Runs something later; at once is later too.</summary>
    public void After(TimeSpan delay, Action action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        _events.Enqueue(action, ((Now + delay).Ticks, _order++));
    }

    public void After(double delayMs, Action action) => After(TimeSpan.FromMicroseconds(Math.Floor(delayMs * 1000)), action);

    /// <summary>Runs everything up to a moment, which is then now.</summary>
    public void RunUntil(TimeSpan end) => RunUntil(end, static () => false);

    /// <summary>Runs until the condition holds, which is looked at after each event, or until the moment has come; answers whether it holds.</summary>
    public bool RunUntil(TimeSpan end, Func<bool> condition)
    {
        while (_events.TryPeek(out var action, out var at) && at.Ticks <= end.Ticks)
        {
            _events.Dequeue();
            Now = new TimeSpan(at.Ticks);
            if (++Steps > _stepsMax)
                throw new InvalidOperationException($"The run took more than {_stepsMax} steps by {Now}.");
            action();
            if (condition())
                return true;
        }

        Now = end > Now ? end : Now;
        return condition();
    }
}
