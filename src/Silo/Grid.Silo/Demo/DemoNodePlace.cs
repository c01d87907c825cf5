namespace Grid.Silo.Demo;

/// <summary>Where a node of the demo lives, over all its runs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataDirectory">Its own directory.</param>
/// <param name="ClusterDirectory">The object store that all share.</param>
/// <param name="SiloPort">For other nodes.</param>
/// <param name="GatewayPort">For clients.</param>
/// <param name="HttpPort">For health.</param>
internal sealed record DemoNodePlace(string Name, string DataDirectory, string ClusterDirectory, int SiloPort, int GatewayPort, int HttpPort);
