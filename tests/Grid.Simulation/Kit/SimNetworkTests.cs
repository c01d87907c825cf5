using Grid.Abstractions;

namespace Grid.Simulation.Kit;

public sealed class SimNetworkTests
{
    private static readonly NodeName A = new("a");
    private static readonly NodeName B = new("b");
    private readonly SimScheduler _scheduler = new(1);
    private readonly SimNetwork _network;
    private readonly List<int> _arrived = [];

    public SimNetworkTests()
    {
        _network = new SimNetwork(_scheduler);
        foreach (var name in new[] { A, B })
        {
            var process = new SimProcess(_scheduler, name);
            _network.Add(process);
            process.Start();
        }
    }

    [Fact]
    public void Messages_overtake_each_other_and_arrive_twice_where_they_may()
    {
        _network.Profile = NetworkProfile.Calm with { MaximumMs = 10, Duplication = 0.5 };
        for (var i = 0; i < 100; i++)
            Send(i, twice: true);

        Run();

        Assert.Equal(100, _arrived.Distinct().Count());
        Assert.InRange(_arrived.Count, 120, 180);
        Assert.NotEqual(_arrived.Order(), _arrived);
    }

    [Fact]
    public void Some_messages_are_lost()
    {
        _network.Profile = NetworkProfile.Calm with { Loss = 0.3 };
        for (var i = 0; i < 200; i++)
            Send(i);

        Run();

        Assert.InRange(_arrived.Count, 110, 170);
    }

    [Fact]
    public void A_cut_holds_in_its_direction_only_and_for_what_is_under_way()
    {
        Send(1);
        _network.Block(A, B);
        Send(2);
        var back = 0;
        _network.Send(B, A, "back", () => back++);
        Run();
        Assert.Empty(_arrived);
        Assert.Equal(1, back);

        _network.Heal();
        Send(3);
        Run();
        Assert.Equal([3], _arrived);
    }

    [Fact]
    public void A_split_cuts_both_ways()
    {
        _network.Split([A], [A, B]);

        Assert.True(_network.IsBlocked(A, B));
        Assert.True(_network.IsBlocked(B, A));
        Assert.False(_network.IsBlocked(A, A));
    }

    [Fact]
    public void A_message_to_a_process_that_died_is_lost_and_one_to_a_dead_process_refused()
    {
        var refused = 0;
        Send(1);
        _network[B].Kill();
        _network[B].Start();
        Run();
        Assert.Empty(_arrived);

        _network[B].Kill();
        _network.Send(A, B, "to nobody", () => _arrived.Add(2), () => refused++);
        Run();
        Assert.Empty(_arrived);
        Assert.Equal(1, refused);
    }

    private void Send(int number, bool twice = false) => _network.Send(A, B, $"{number}", () => _arrived.Add(number), twice: twice);

    private void Run() => _scheduler.RunUntil(_scheduler.Now + TimeSpan.FromSeconds(10));
}
