using Grid.Abstractions;
using Grid.Client;
using Grid.Grains;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Grid.Silo;

/// <summary>Adds Grid to a silo: storage, grains and a client over the silo's own grain factory.</summary>
public static class GridSiloBuilderExtensions
{
    /// <summary>Adds Grid with options from the configuration section <see cref="GridSiloOptions.Section"/>.</summary>
    public static ISiloBuilder AddGrid(this ISiloBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return builder.AddGrid(options => configuration.GetSection(GridSiloOptions.Section).Bind(options));
    }

    /// <summary>Adds Grid. Clustering is the host's own business: <c>silo.UseLocalhostClustering()</c> where there is one node.</summary>
    public static ISiloBuilder AddGrid(this ISiloBuilder builder, Action<GridSiloOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);

        var services = builder.Services;
        services.AddSingleton<IValidateOptions<GridSiloOptions>, GridSiloOptionsValidator>();
        services.AddOptions<GridSiloOptions>().Configure(configure).ValidateOnStart();
        services.AddGridGrains(provider => provider.GetRequiredService<SiloCertificates>().Protect(provider.GetRequiredService<IOptions<GridSiloOptions>>().Value.ToNodeOptions()));
        services.AddHostedService<StorageStart>();
        SiloCertificates.Use(services);
        services.AddSingleton<GridClientLifetime>();
        services.AddSingleton(provider => provider.GetRequiredService<GridClientLifetime>().Client);
        services.AddHostedService(provider => provider.GetRequiredService<GridClientLifetime>());

        builder.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = GridCluster.ClusterId;
            cluster.ServiceId = GridCluster.ServiceId;
        });
        builder.Configure<SiloMessagingOptions>(messaging =>
        {
            // A call carries at most one frame of the largest size in each direction, and little beside it.
            messaging.MaxMessageBodySize = 2 * GridLimits.FrameBytesMax;
            messaging.MaxMessageHeaderSize = 1024 * 1024;
            // A fetch may wait for rows as long as FetchWaitMsMax says; that is not a stuck call.
            messaging.RequestProcessingWarningTime = TimeSpan.FromMilliseconds(2 * GridLimits.FetchWaitMsMax);
        });
        return builder;
    }
}
