namespace Grid.Testing.Time;

/// <summary>A clock that goes on only when the test says so; its timers fire within <see cref="Advance"/>, on the caller's thread, in order of their time.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(1_000_000_000_000);

    /// <summary>Milliseconds since 1970 UTC.</summary>
    public long NowMs => GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Timers that are armed.</summary>
    public int Armed
    {
        get
        {
            lock (_gate)
                return _timers.Count;
        }
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => GetUtcNow().Ticks;

    /// <summary>Sets the wall clock back or forth without firing anything; timestamps follow it.</summary>
    public void Jump(TimeSpan by)
    {
        lock (_gate)
            _now += by;
    }

    /// <summary>Lets time go by and fires what is due.</summary>
    public void Advance(TimeSpan by)
    {
        var end = GetUtcNow() + by;
        while (true)
        {
            ManualTimer? due;
            lock (_gate)
            {
                due = _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
                if (due is null)
                {
                    _now = end;
                    return;
                }

                _now = due.Due > _now ? due.Due : _now;
                due.Rearm(_timers);
            }

            due.Fire();
        }
    }

    /// <summary>Returns once at least that many timers are armed: the code under test has come to its wait.</summary>
    /// <exception cref="TimeoutException">It has not within a minute.</exception>
    public void WaitUntilArmed(int count)
    {
        if (!SpinWait.SpinUntil(() => Armed >= count, Patience))
            throw new TimeoutException($"{Armed} timers are armed in place of {count}, after {Patience.TotalSeconds:0} s.");
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                Due = time._now + dueTime;
                time._timers.Add(this);
                return true;
            }
        }

        public void Rearm(List<ManualTimer> timers)
        {
            if (_period > TimeSpan.Zero)
                Due += _period;
            else
                timers.Remove(this);
        }

        public void Fire() => callback(state);

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
