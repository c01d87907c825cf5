using System.Net;
using Grid.Client.Connecting;

namespace Grid.Client.Tests.Tls;

/// <summary>Which name a node's certificate must carry.</summary>
public sealed class GatewayNamesTests
{
    [Fact]
    public void A_node_is_known_by_what_the_client_was_told_and_else_by_its_address()
    {
        var told = new GridEndpoint("db.grid.test", IPEndPoint.Parse("10.0.0.1:30000"));
        var names = new GatewayNames([told]);

        Assert.Equal("db.grid.test", names.Of(told.Address));
        Assert.Equal("db.grid.test", names.Of(new IPEndPoint(told.Address.Address.MapToIPv6(), 30_001)));
        Assert.Equal("db.grid.test", names.Of("10.0.0.1"));
        Assert.Equal("10.0.0.2", names.Of(IPEndPoint.Parse("10.0.0.2:30000")));
        Assert.Equal("other.grid.test", names.Of("other.grid.test"));
    }
}
