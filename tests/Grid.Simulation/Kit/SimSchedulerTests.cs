using Grid.Abstractions;

namespace Grid.Simulation.Kit;

public sealed class SimSchedulerTests
{
    [Fact]
    public void Events_run_in_order_of_time_then_of_planning()
    {
        var scheduler = new SimScheduler(1);
        var ran = new List<string>();
        scheduler.After(2, () => ran.Add("c"));
        scheduler.After(1, () => ran.Add("a"));
        scheduler.After(1, () => scheduler.After(1, () => ran.Add("d")));
        scheduler.After(1, () => ran.Add("b"));

        scheduler.RunUntil(TimeSpan.FromMilliseconds(10));

        Assert.Equal("abcd", string.Concat(ran));
        Assert.Equal(10, scheduler.Now.TotalMilliseconds);
    }

    [Fact]
    public void A_draw_more_in_one_fork_leaves_the_others_as_they_were()
    {
        var one = new SimRandom(5);
        var other = new SimRandom(5);
        one.Fork("a").NextUInt64();
        one.NextUInt64();

        Assert.Equal(one.Fork("b").NextUInt64(), other.Fork("b").NextUInt64());
        Assert.NotEqual(other.Fork("a").NextUInt64(), other.Fork("b").NextUInt64());
    }

    [Fact]
    public void Draws_are_those_of_the_reference_generator_and_lie_in_their_ranges()
    {
        // xoshiro256** with the state that SplitMix64 gives for 0; the first output is a published test vector.
        Assert.Equal(11091344671253066420UL, new SimRandom(0).NextUInt64());
        var random = new SimRandom(3);
        for (var i = 0; i < 1000; i++)
        {
            Assert.InRange(random.Next(7), 0, 6);
            Assert.InRange(random.NextDouble(), 0, 1);
            Assert.InRange(random.Between(1, 2).TotalMilliseconds, 1, 2);
        }
    }

    [Fact]
    public void A_frozen_process_does_late_and_in_order_what_was_planned()
    {
        var scheduler = new SimScheduler(1);
        var process = new SimProcess(scheduler, new NodeName("n"));
        var ran = new List<int>();
        process.Start();
        process.After(1, () => ran.Add(1));
        process.After(2, () => ran.Add(2));
        process.After(9, () => ran.Add(3));
        process.Freeze();
        scheduler.RunUntil(TimeSpan.FromMilliseconds(5));
        Assert.Empty(ran);

        process.Thaw();
        scheduler.RunUntil(TimeSpan.FromMilliseconds(6));
        Assert.Equal([1, 2], ran);
        scheduler.RunUntil(TimeSpan.FromMilliseconds(9));
        Assert.Equal([1, 2, 3], ran);
    }

    [Fact]
    public void A_slow_process_takes_its_time_for_each_event()
    {
        var scheduler = new SimScheduler(1);
        var process = new SimProcess(scheduler, new NodeName("n")) { StepCost = TimeSpan.FromMilliseconds(10) };
        var at = new List<double>();
        process.Start();
        for (var i = 0; i < 3; i++)
            process.After(1, () => at.Add(scheduler.Now.TotalMilliseconds));

        scheduler.RunUntil(TimeSpan.FromMilliseconds(100));

        Assert.Equal([1, 11, 21], at);
    }

    [Fact]
    public void What_was_planned_for_a_process_dies_with_it()
    {
        var scheduler = new SimScheduler(1);
        var process = new SimProcess(scheduler, new NodeName("n"));
        var fired = 0;
        process.Start();
        using var timer = process.Clock.CreateTimer(_ => fired++, null, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        scheduler.RunUntil(TimeSpan.FromMilliseconds(3));
        Assert.Equal(3, fired);

        process.Kill();
        process.Start();
        scheduler.RunUntil(TimeSpan.FromMilliseconds(9));

        Assert.Equal(3, fired);
    }

    [Fact]
    public void A_run_that_goes_round_in_circles_fails()
    {
        var scheduler = new SimScheduler(1, stepsMax: 1000);
        Again();

        Assert.Throws<InvalidOperationException>(() => scheduler.RunUntil(TimeSpan.FromMilliseconds(1)));

        void Again() => scheduler.After(0, Again);
    }
}
