using Grid.Abstractions;

namespace Grid.Simulation.Kit;

/// <summary>
/// A process of a simulated machine: it lives, freezes, dies and starts again under the same name. What was planned for it, or is under way to it, dies with it; while it is
/// frozen, or busy, it waits in order.
/// </summary>
internal sealed class SimProcess
{
    private readonly SimScheduler _scheduler;
    private readonly Queue<(int Incarnation, Action Action)> _held = new();
    private TimeSpan _busyUntil;
    private bool _draining;

    public SimProcess(SimScheduler scheduler, NodeName name)
    {
        _scheduler = scheduler;
        Name = name;
        Clock = new SimClock(scheduler, this);
    }

    public NodeName Name { get; }

    /// <summary>How often it was started.</summary>
    public int Incarnation { get; private set; }

    public bool IsUp { get; private set; }

    public bool IsFrozen { get; private set; }

    public SimClock Clock { get; }

    /// <summary>What each event costs it: a slow node.</summary>
    public TimeSpan StepCost { get; set; }

    /// <summary>Called after each of its events, and with what an event threw, which is otherwise the run's end.</summary>
    public Action<Exception?>? Stepped { get; set; }

    public void Start()
    {
        Incarnation++;
        IsUp = true;
        IsFrozen = false;
        _scheduler.Note($"{Name} starts ({Incarnation})");
    }

    public void Kill()
    {
        _scheduler.Note($"{Name} dies ({Incarnation})");
        IsUp = IsFrozen = false;
        _held.Clear();
        _busyUntil = TimeSpan.Zero;
    }

    public void Freeze()
    {
        _scheduler.Note($"{Name} freezes");
        IsFrozen = true;
    }

    public void Thaw()
    {
        _scheduler.Note($"{Name} thaws");
        IsFrozen = false;
        Drain();
    }

    /// <summary>Plans an event of this incarnation.</summary>
    public void After(TimeSpan delay, Action action)
    {
        var incarnation = Incarnation;
        _scheduler.After(delay, () => Run(incarnation, action));
    }

    public void After(double delayMs, Action action) => After(TimeSpan.FromMicroseconds(Math.Floor(delayMs * 1000)), action);

    /// <summary>Runs an event now, when the process thaws or has time, or never where that incarnation is gone.</summary>
    public void Run(int incarnation, Action action)
    {
        if (!IsUp || incarnation != Incarnation)
            return;
        if (IsFrozen || _held.Count > 0 || _busyUntil > _scheduler.Now)
        {
            _held.Enqueue((incarnation, action));
            Drain();
            return;
        }

        Step(action);
    }

    private void Drain()
    {
        if (_draining || IsFrozen || _held.Count == 0)
            return;
        _draining = true;
        var wait = _busyUntil > _scheduler.Now ? _busyUntil - _scheduler.Now : TimeSpan.Zero;
        _scheduler.After(wait, () =>
        {
            _draining = false;
            if (IsFrozen || !_held.TryDequeue(out var next))
                return;
            if (next.Incarnation == Incarnation)
                Step(next.Action);
            Drain();
        });
    }

    private void Step(Action action)
    {
        _busyUntil = _scheduler.Now + StepCost;
        try
        {
            action();
        }
        catch (Exception e) when (Stepped is not null)
        {
            Stepped(e);
            return;
        }

        Stepped?.Invoke(null);
    }
}
