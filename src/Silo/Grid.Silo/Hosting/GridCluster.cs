namespace Grid.Silo;

/// <summary>The names by which silos and clients find that they belong together.</summary>
internal static class GridCluster
{
    public const string ClusterId = "grid";
    public const string ServiceId = "grid";
}
