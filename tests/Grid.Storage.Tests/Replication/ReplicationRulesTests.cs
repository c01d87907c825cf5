using Grid.Abstractions;
using Grid.Storage.Catalog;
using Grid.Storage.Replication;

namespace Grid.Storage.Tests.Replication;

public sealed class ReplicationRulesTests
{
    [Theory]
    [InlineData(0, 0, 1, 1, 1)]
    [InlineData(0, 0, 2, 1, 1)]
    [InlineData(0, 0, 3, 3, 2)]
    [InlineData(0, 0, 7, 3, 2)]
    [InlineData(0, 3, 7, 3, 3)]
    [InlineData(2, 0, 7, 2, 1)]
    [InlineData(5, 0, 7, 5, 2)]
    [InlineData(3, 0, 1, 3, 2)]
    [InlineData(1, 1, 7, 1, 1)]
    public void Options_and_live_nodes_say_how_many_copies(int replicas, int minInSync, int live, int expectedReplicas, int expectedMinInSync) =>
        Assert.Equal(new ReplicationFactor(expectedReplicas, expectedMinInSync), ReplicationRules.Resolve(new TableOptions { Replicas = replicas, MinInSync = minInSync }, live));

    [Fact]
    public void A_table_that_asks_for_three_copies_wants_two_in_sync_also_while_it_has_one() =>
        Assert.Equal(2, ReplicationRules.MinInSync(new TableOptions { Replicas = 3 }, replicas: 1));

    [Theory]
    [InlineData(0, 16)]
    [InlineData(3, 3)]
    [InlineData(16, 0)]
    public void Legal_options_are_taken(int replicas, int minInSync) => TableOptionsRules.Require(new TableOptions { Replicas = replicas, MinInSync = minInSync });

    [Theory]
    [InlineData(17, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 17)]
    [InlineData(2, 3)]
    [InlineData(3, -1)]
    public void Illegal_options_are_refused(int replicas, int minInSync)
    {
        var refusal = Assert.Throws<GridException>(() => TableOptionsRules.Require(new TableOptions { Replicas = replicas, MinInSync = minInSync }));
        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
    }
}
