using Orleans.Runtime;

namespace Grid.Silo.Clustering;

/// <summary>Names of a cluster's objects.</summary>
internal static class ClusterNames
{
    /// <summary>All rows of the membership table and its version.</summary>
    public static string Members(string clusterId) => $"cluster/{ObjectSegment.Encode(clusterId)}/members.json";

    /// <summary>When each silo last said that it is alive: an object for every address and port, so that a silo that starts again and again leaves one behind, not many.</summary>
    public static string AliveOf(string clusterId) => $"cluster/{ObjectSegment.Encode(clusterId)}/alive/";

    public static string Alive(string clusterId, SiloAddress silo) => $"{AliveOf(clusterId)}{ObjectSegment.Encode(silo.Endpoint.ToString())}.json";
}
