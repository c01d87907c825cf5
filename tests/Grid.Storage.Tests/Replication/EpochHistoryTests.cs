using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Replication;

namespace Grid.Storage.Tests.Replication;

public sealed class EpochHistoryTests
{
    [Fact]
    public void Equal_logs_part_at_their_end() =>
        Assert.Equal(100, Divergence(Log((1, 0), (2, 40)), 0, 100, Leader(3, 100, (1, 0), (2, 40))));

    [Fact]
    public void A_replica_that_is_behind_is_not_cut() =>
        Assert.Equal(30, Divergence(Log((1, 0)), 0, 30, Leader(3, 100, (1, 0), (2, 40))));

    [Fact]
    public void What_a_replica_has_of_an_epoch_beyond_the_leaders_end_of_it_goes() =>
        Assert.Equal(40, Divergence(Log((1, 0)), 0, 60, Leader(3, 100, (1, 0), (2, 40))));

    [Fact]
    public void What_a_replica_has_beyond_the_leaders_end_goes() =>
        Assert.Equal(100, Divergence(Log((1, 0), (2, 40)), 0, 130, Leader(3, 100, (1, 0), (2, 40))));

    [Fact]
    public void An_epoch_that_the_leader_does_not_have_goes_whole() =>
        Assert.Equal(50, Divergence(Log((1, 0), (2, 50)), 0, 80, Leader(4, 100, (1, 0), (3, 60))));

    [Fact]
    public void Epochs_are_compared_one_after_another_from_the_end() =>
        Assert.Equal(20, Divergence(Log((1, 0), (2, 30), (3, 50)), 0, 80, Leader(5, 100, (1, 0), (4, 20))));

    [Fact]
    public void Frames_of_the_leaders_own_epoch_are_never_cut() =>
        Assert.Equal(200, Divergence(Log((1, 0), (3, 100)), 0, 200, Leader(3, 100, (1, 0))));

    [Fact]
    public void Nothing_in_common_leaves_the_log_empty_at_its_start() =>
        Assert.Equal(10, Divergence(Log((2, 10)), 10, 60, Leader(4, 100, (3, 0))));

    [Fact]
    public void An_empty_log_stays_where_it_is() =>
        Assert.Equal(10, Divergence([], 10, 10, Leader(4, 100, (3, 0))));

    private static ImmutableArray<EpochStart> Log(params (int Epoch, long Offset)[] starts) =>
        [.. starts.Select(start => new EpochStart(new LeaderEpoch(start.Epoch), new LogOffset(start.Offset)))];

    private static AlignRequest Leader(int epoch, long end, params (int Epoch, long Offset)[] starts) => new()
    {
        Epoch = new LeaderEpoch(epoch),
        Leader = new NodeName("a"),
        StartOffset = new LogOffset(starts[0].Offset),
        EndOffset = new LogOffset(end),
        History = Log(starts),
    };

    private static long Divergence(ImmutableArray<EpochStart> mine, long start, long end, AlignRequest request) =>
        EpochHistory.FindDivergence(mine, new LogOffset(start), new LogOffset(end), request).Value;
}
