using Grid.Abstractions;
using Grid.Silo.Clustering;
using Microsoft.Extensions.Configuration;

namespace Grid.Silo.Tests.Clustering;

public sealed class GridClusteringOptionsTests
{
    [Fact]
    public void Nothing_said_means_a_silo_on_its_own() => Assert.Equal(GridClustering.Local, Read().ResolvedClustering);

    [Fact]
    public void A_cluster_means_that_silos_meet_in_its_object_store() =>
        Assert.Equal(GridClustering.ObjectStore, Read(("Cluster", "/mnt/grid")).ResolvedClustering);

    [Fact]
    public void Other_providers_are_chosen_by_name()
    {
        var redis = Read(("Clustering", "redis"), ("Cluster", "/mnt/grid"), ("ClusteringConnection", "redis1:6379"));
        var database = Read(("Clustering", "AdoNet"), ("Cluster", "/mnt/grid"), ("ClusteringConnection", "Host=db1"), ("ClusteringInvariant", "Npgsql"));

        Assert.Equal(GridClustering.Redis, redis.ResolvedClustering);
        Assert.Equal(GridClustering.AdoNet, database.ResolvedClustering);
    }

    [Theory]
    [InlineData("Grid:Clustering is Local, but Grid:Cluster (--cluster) is 'd'", "Clustering=Local", "Cluster=d")]
    [InlineData("Grid:Clustering is ObjectStore, but Grid:Cluster (--cluster) is empty", "Clustering=ObjectStore")]
    [InlineData("Grid:Clustering is Redis, but Grid:Cluster (--cluster) is empty", "Clustering=Redis", "ClusteringConnection=r")]
    [InlineData("Grid:Clustering is Redis, but Grid:ClusteringConnection is empty", "Clustering=Redis", "Cluster=d")]
    [InlineData("Grid:ClusteringConnection is not a Redis connection string", "Clustering=Redis", "Cluster=d", "ClusteringConnection=r,what=1")]
    [InlineData("Grid:Clustering is AdoNet, but Grid:ClusteringInvariant is empty", "Clustering=AdoNet", "Cluster=d", "ClusteringConnection=c")]
    [InlineData("Grid:ClusteringConnection is set, but Grid:Clustering is ObjectStore", "Cluster=d", "ClusteringConnection=c")]
    [InlineData("Grid:ClusteringInvariant is set, but Grid:Clustering is Redis", "Clustering=Redis", "Cluster=d", "ClusteringConnection=c", "ClusteringInvariant=i")]
    [InlineData("'Consul'", "Clustering=Consul")]
    [InlineData("Grid:Clustering is '17'", "Clustering=17", "Cluster=d")]
    public void An_illegal_setting_is_refused_by_name(string message, params string[] settings)
    {
        var refusal = Assert.Throws<GridException>(() => Read([.. settings.Select(s => s.Split('=', 2)).Select(s => (s[0], s[1]))]));

        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    private static GridClusteringOptions Read(params (string Name, string Value)[] settings) =>
        GridClusteringOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Grid:{s.Name}", (string?)s.Value))).Build());
}
