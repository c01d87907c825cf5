using Grid.Abstractions;
using Grid.Simulation.Kit;

namespace Grid.Simulation.Clients;

/// <summary>A client's idea of who leads: what the record said last, and now and then any node.</summary>
internal sealed class LeaderGuess(SimProcess client, IBucketPort port, SimRandom random)
{
    private NodeName? _leader;

    public NodeName Node => _leader is { } leader && !random.Chance(0.02) ? leader : random.Pick(port.Nodes);

    /// <summary>Asks the record, then goes on; goes on all the same where it does not answer.</summary>
    public void Refresh(Action then)
    {
        var gone = false;
        port.FindLeader(client, leader =>
        {
            _leader = leader ?? _leader;
            Go();
        });
        client.After(1000, Go);

        void Go()
        {
            if (gone)
                return;
            gone = true;
            then();
        }
    }
}
