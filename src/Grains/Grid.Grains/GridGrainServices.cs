using Grid.Grains.Buckets;
using Grid.Storage;
using Grid.Storage.Catalog;
using Grid.Storage.Objects;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Grid.Grains;

/// <summary>Registers what the grains need in a silo's services.</summary>
public static class GridGrainServices
{
    // Orleans looks for idle activations this often at most.
    private static readonly TimeSpan CollectionQuantumMax = TimeSpan.FromMinutes(1);

    /// <summary>Adds storage, object store, catalog, bucket host and metrics with fixed options.</summary>
    public static IServiceCollection AddGridGrains(this IServiceCollection services, GridNodeOptions options) => services.AddGridGrains(_ => options);

    /// <summary>Adds storage, object store, catalog, bucket host and metrics; the options are asked for once, when the first of them is needed. An
    /// <see cref="IObjectStore"/> or a <see cref="TimeProvider"/> that is registered already is kept.</summary>
    public static IServiceCollection AddGridGrains(this IServiceCollection services, Func<IServiceProvider, GridNodeOptions> options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var node = options(provider);
            node.Validate();
            return node;
        });
        services.AddSingleton(provider => new StorageNode(provider.GetRequiredService<GridNodeOptions>().Storage, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IObjectStore>(provider => new DirectoryObjectStore(provider.GetRequiredService<GridNodeOptions>().ResolvedObjectDirectory));
        services.AddSingleton(provider => new CatalogStore(provider.GetRequiredService<IObjectStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<GridGrainMetrics>();
        services.AddSingleton<BucketHost>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, BucketHostLifecycle>();
        services.AddSingleton<IConfigureOptions<GrainCollectionOptions>>(provider =>
        {
            var idle = TimeSpan.FromMilliseconds(provider.GetRequiredService<GridNodeOptions>().BucketIdleMs);
            return new ConfigureOptions<GrainCollectionOptions>(collection =>
            {
                // Orleans wants an age above its quantum.
                var quantum = idle / 2 < CollectionQuantumMax ? idle / 2 : CollectionQuantumMax;
                if (collection.CollectionQuantum > quantum)
                    collection.CollectionQuantum = quantum;
                collection.ClassSpecificCollectionAge[typeof(BucketGrain).FullName!] = idle;
            });
        });
        return services;
    }
}
