namespace Grid.Client;

/// <summary>The names under which clients and silos of one Grid find each other.</summary>
public static class GridCluster
{
    /// <summary>Orleans' cluster id.</summary>
    public const string ClusterId = "grid";

    /// <summary>Orleans' service id.</summary>
    public const string ServiceId = "grid";

    /// <summary>The port on which a silo takes clients unless configured otherwise.</summary>
    public const int GatewayPort = 30_000;
}
