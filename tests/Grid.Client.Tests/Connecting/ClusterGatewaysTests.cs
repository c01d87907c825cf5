using Grid.Client.Connecting;

namespace Grid.Client.Tests.Connecting;

public sealed class ClusterGatewaysTests
{
    private static readonly Uri A = new("gwy.tcp://127.0.0.1:1/0");
    private static readonly Uri B = new("gwy.tcp://127.0.0.1:2/0");
    private static readonly Uri C = new("gwy.tcp://127.0.0.1:3/0");

    [Fact]
    public async Task One_that_came_back_unseen_is_found_when_the_others_are_gone()
    {
        var gateways = new ClusterGateways([A, B]);
        Assert.Equal([A, B], await gateways.GetGateways());
        gateways.Learn([A, B, C]);
        gateways.Learn([A, C]);
        Assert.Equal([A, C], await gateways.GetGateways());

        // B is back, and A and C die before anybody has said so.
        for (var i = 0; i < ClusterGateways.MissesMax; i++)
        {
            Assert.Equal([A, C], await gateways.GetGateways());
            gateways.Miss();
        }

        Assert.Equal([A, C, B], await gateways.GetGateways());
        gateways.Learn([B]);
        Assert.Equal([B], await gateways.GetGateways());
    }
}
