using Grid.Abstractions;
using Grid.Silo.Serving;
using Microsoft.Extensions.Configuration;

namespace Grid.Silo.Tests.Serving;

public sealed class ServeOptionsTests
{
    [Fact]
    public void Nothing_said_means_this_machine_only()
    {
        var options = Read();

        Assert.Equal("127.0.0.1", options.ListenAddress.ToString());
        Assert.Equal("127.0.0.1", options.AdvertiseAddress.ToString());
        Assert.Equal((11111, 30000, -1), (options.SiloPort, options.GatewayPort, options.DataPort));
    }

    [Fact]
    public void Listening_on_all_networks_advertises_an_address_that_can_be_called() =>
        Assert.NotEqual("0.0.0.0", Read(("Listen", "0.0.0.0")).AdvertiseAddress.ToString());

    [Theory]
    [InlineData("SiloPort", "0", "Grid:SiloPort (--silo-port) is 0; legal is 1 to 65535.")]
    [InlineData("GatewayPort", "70000", "Grid:GatewayPort (--gateway-port) is 70000; legal is 1 to 65535.")]
    [InlineData("GatewayPort", "11111", "Grid:SiloPort and Grid:GatewayPort are both 11111")]
    [InlineData("GatewayPort", "many", "'many'")]
    [InlineData("Listen", "localhost!", "Grid:Listen (--listen) is 'localhost!'")]
    [InlineData("Advertise", "0.0.0.0", "Grid:Advertise (--advertise) is '0.0.0.0'")]
    [InlineData("Urls", "8080", "Grid:Urls (--urls) has '8080'")]
    public void An_illegal_setting_is_refused_by_name_and_value(string setting, string value, string message)
    {
        var refusal = Assert.Throws<GridException>(() => Read((setting, value)));

        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(true, "Tls:Mode", "Off")]
    [InlineData(false, "Iceberg", "false")]
    [InlineData(false, "Tls:CaFile", "ca.pem")]
    public void The_Iceberg_catalog_is_on_where_the_other_ports_are_as_open(bool expected, string? setting = null, string? value = null) =>
        Assert.Equal(expected, (setting is null ? Read() : Read((setting, value!))).HasIceberg);

    [Fact]
    public void With_TLS_the_Iceberg_catalog_is_there_where_it_is_asked_for() =>
        Assert.True(Read(("Tls:CaFile", "ca.pem"), ("Iceberg", "true")).HasIceberg);

    private static ServeOptions Read(params (string Name, string Value)[] settings) =>
        ServeOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Grid:{s.Name}", (string?)s.Value))).Build());
}
