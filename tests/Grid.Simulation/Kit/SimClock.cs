namespace Grid.Simulation.Kit;

/// <summary>
/// A process's clock: timestamps follow virtual time, its wall clock is off by a skew that may jump. Timers are the process's events: they fire neither while it is frozen nor
/// after it died.
/// </summary>
internal sealed class SimClock(SimScheduler scheduler, SimProcess process) : TimeProvider
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);

    /// <summary>How far the wall clock is ahead.</summary>
    public TimeSpan Skew { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + scheduler.Now + Skew;

    public override long GetTimestamp() => scheduler.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(process, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(SimProcess process, Action fire) : ITimer
    {
        private int _armed;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Arm(dueTime);
            return true;
        }

        public void Dispose() => _armed++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan dueTime)
        {
            var armed = ++_armed;
            if (dueTime == Timeout.InfiniteTimeSpan)
                return;
            process.After(dueTime, () =>
            {
                if (armed != _armed)
                    return;
                if (_period > TimeSpan.Zero)
                    Arm(_period);
                fire();
            });
        }
    }
}
