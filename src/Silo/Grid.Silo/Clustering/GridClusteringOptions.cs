using Grid.Abstractions;
using Microsoft.Extensions.Configuration;
using StackExchange.Redis;

namespace Grid.Silo.Clustering;

/// <summary>Which cluster a node belongs to; in the same configuration section as <see cref="GridSiloOptions"/>.</summary>
public sealed class GridClusteringOptions
{
    /// <summary>How silos find each other. Unset: <see cref="GridClustering.ObjectStore"/> where there is a <see cref="Cluster"/>, else <see cref="GridClustering.Local"/>.</summary>
    public GridClustering? Clustering { get; set; }

    /// <summary>The object store that all nodes of the cluster share: a directory. Catalog and records live there, whichever way silos find each other.</summary>
    public string? Cluster { get; set; }

    /// <summary>For <see cref="GridClustering.Redis"/> and <see cref="GridClustering.AdoNet"/>: the connection string.</summary>
    public string? ClusteringConnection { get; set; }

    /// <summary>For <see cref="GridClustering.AdoNet"/>: the invariant name of the driver, for example <c>Npgsql</c>.</summary>
    public string? ClusteringInvariant { get; set; }

    /// <summary>What <see cref="Clustering"/> comes to.</summary>
    internal GridClustering ResolvedClustering => Clustering ?? (Has(Cluster) ? GridClustering.ObjectStore : GridClustering.Local);

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: names the setting, its value and what to do.</exception>
    public static GridClusteringOptions Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        try
        {
            var options = new GridClusteringOptions();
            configuration.GetSection(GridSiloOptions.Section).Bind(options);
            options.Validate();
            return options;
        }
        catch (InvalidOperationException e)
        {
            throw StartFailure.Translate(e);
        }
    }

    /// <summary>Checks the settings.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: names the setting, its value and what to do.</exception>
    public void Validate()
    {
        var clustering = ResolvedClustering;
        if (!Enum.IsDefined(clustering))
            throw Refuse($"Grid:Clustering is '{clustering}'; legal are {string.Join(", ", Enum.GetNames<GridClustering>())}.");
        if (clustering == GridClustering.Local && Has(Cluster))
            throw Refuse($"Grid:Clustering is Local, but Grid:Cluster (--cluster) is '{Cluster}': nodes that share an object store must know of each other. Remove Grid:Clustering, or remove Grid:Cluster.");
        if (clustering != GridClustering.Local && !Has(Cluster))
            throw Refuse($"Grid:Clustering is {clustering}, but Grid:Cluster (--cluster) is empty; set it to the object store that all nodes share, for example --cluster /mnt/shared/grid.");
        RequireOnly(clustering is GridClustering.Redis or GridClustering.AdoNet, clustering, "Grid:ClusteringConnection", ClusteringConnection,
            "the connection string, for example 'redis1:6379' or 'Host=db1;Database=orleans;Username=grid;Password=...'");
        RequireOnly(clustering == GridClustering.AdoNet, clustering, "Grid:ClusteringInvariant", ClusteringInvariant,
            "the driver's invariant name, for example Npgsql, Microsoft.Data.SqlClient or MySql.Data.MySqlConnector");
        if (clustering == GridClustering.Redis)
            RequireRedis(ClusteringConnection!);
    }

    private static void RequireOnly(bool needed, GridClustering clustering, string setting, string? value, string what)
    {
        if (needed && !Has(value))
            throw Refuse($"Grid:Clustering is {clustering}, but {setting} is empty; set it to {what}.");
        if (!needed && Has(value))
            throw Refuse($"{setting} is set, but Grid:Clustering is {clustering}, which has no use for it; remove it, or change Grid:Clustering.");
    }

    private static void RequireRedis(string connection)
    {
        try
        {
            ConfigurationOptions.Parse(connection);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // Neither the value nor what is said of it is shown: it may hold a password.
            throw Refuse("Grid:ClusteringConnection is not a Redis connection string; write for example 'redis1:6379,redis2:6379,ssl=true'.");
        }
    }

    private static bool Has(string? value) => !string.IsNullOrWhiteSpace(value);

    private static GridException Refuse(string message) => new(GridErrorCode.InvalidArgument, message);
}
