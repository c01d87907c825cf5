using Grid.Abstractions;
using Grid.Client;
using Grid.Storage.Objects;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Grid.Silo.Clustering;

/// <summary>Makes a silo a node of a cluster.</summary>
public static class GridClusterBuilderExtensions
{
    /// <summary>Joins the cluster that the configuration section <see cref="GridSiloOptions.Section"/> names; call it before <c>AddGrid</c>. Does nothing where
    /// <c>Grid:Clustering</c> is <c>Local</c>: what a silo on its own uses is the host's choice.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: names the setting.</exception>
    public static ISiloBuilder UseGridClustering(this ISiloBuilder builder, IConfiguration configuration) =>
        builder.UseGridClustering(GridClusteringOptions.Read(configuration));

    /// <summary>As the other one, with options made in code.</summary>
    public static ISiloBuilder UseGridClustering(this ISiloBuilder builder, GridClusteringOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.ResolvedClustering == GridClustering.Local)
            return builder;

        var location = options.Cluster!;
        builder.Services.AddSingleton(services => ObjectStoreLocation.Parse(location).Open(services.GetService<TimeProvider>() ?? TimeProvider.System));
        UseMembership(builder, options);
        return builder.ConfigureGridCluster();
    }

    /// <summary>The names, probe settings and grain directory of a Grid cluster; for hosts that bring a clustering provider of their own.</summary>
    public static ISiloBuilder ConfigureGridCluster(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = GridCluster.ClusterId;
            cluster.ServiceId = GridCluster.ServiceId;
        });
        builder.Configure<ClusterMembershipOptions>(ClusterTimings.Configure);

        // A silo that died must not keep its grains from starting elsewhere for a while: who may lead a bucket is decided by its record, not by the directory.
        builder.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = TimeSpan.Zero);
#pragma warning disable ORLEANSEXP003 // Marked experimental; it is what survives the loss of a silo without losing its part of the directory.
        return builder.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
    }

    private static void UseMembership(ISiloBuilder builder, GridClusteringOptions options)
    {
        switch (options.ResolvedClustering)
        {
            case GridClustering.Redis:
                builder.UseRedisClustering(options.ClusteringConnection!);
                break;
            case GridClustering.AdoNet:
                builder.UseAdoNetClustering(database =>
                {
                    database.Invariant = options.ClusteringInvariant!;
                    database.ConnectionString = options.ClusteringConnection!;
                });
                break;
            default:
                builder.UseObjectStoreClustering();
                break;
        }
    }
}
