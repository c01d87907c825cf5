using Grid.Grains.Buckets;
using Grid.Grains.DataPort;
using Grid.Grains.Nodes;
using Grid.Grains.Partitions;
using Grid.Grains.Replication;
using Grid.Grains.Tiering;
using Grid.Storage;
using Grid.Storage.Catalog;
using Grid.Storage.Lake.Files;
using Grid.Storage.Nodes;
using Grid.Storage.Objects;
using Grid.Storage.Remote;
using Grid.Storage.Replication;
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

    /// <summary>Adds storage, object store, catalog, bucket host, data port and metrics with fixed options.</summary>
    public static IServiceCollection AddGridGrains(this IServiceCollection services, GridNodeOptions options) => services.AddGridGrains(_ => options);

    /// <summary>Adds storage, object store, catalog, bucket host, data port and metrics; the options are asked for once, when the first of them is needed. An
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
        var isStoreGiven = services.Any(service => service.ServiceType == typeof(IObjectStore));
        services.TryAddSingleton<IObjectStore>(provider => new DirectoryObjectStore(provider.GetRequiredService<GridNodeOptions>().ResolvedObjectDirectory));
        services.AddSingleton(provider => new CatalogStore(provider.GetRequiredService<IObjectStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<GridGrainMetrics>();
        AddNodes(services, isStoreGiven);
        AddReplication(services);
        AddLake(services);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, PartitionKeeper>();
        services.AddSingleton<BucketHost>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, BucketHostLifecycle>();
        services.AddSingleton<DataPortHost>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<DataPortHost>());
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
                collection.ClassSpecificCollectionAge[typeof(ReplicaGrain).FullName!] = idle;
            });
        });
        return services;
    }

    private static void AddNodes(IServiceCollection services, bool isStoreGiven)
    {
        services.AddSingleton<LocalNode>();
        services.AddSingleton<KnownRegistrations>();
        services.AddSingleton<INodeDirectory, NodeDirectory>();
        services.AddSingleton(provider => new DrainMarks(provider.GetRequiredService<IObjectStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new NodeRegistry(provider.GetRequiredService<IObjectStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, StoreCheck>();
        services.AddOptions<SiloOptions>().PostConfigure<GridNodeOptions>((silo, node) => silo.SiloName = node.Storage.NodeName.Value);

        // Nobody else writes to an object store in the node's own data directory: there the directory's lock is enough, and nothing need be renewed.
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider =>
            isStoreGiven || provider.GetRequiredService<GridNodeOptions>().ObjectDirectory is not null
                ? ActivatorUtilities.CreateInstance<NodeRegistrar>(provider)
                : new NoRegistrar());
    }

    private static void AddLake(IServiceCollection services)
    {
        services.TryAddSingleton<ILakeStore>(provider =>
        {
            var node = provider.GetRequiredService<GridNodeOptions>();
            var location = node.Lake.Location ?? LakeLocation.Parse("dir:" + Path.Combine(node.Storage.DataDirectory, "lake"));
            return location.Open(provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton(provider => new LakeNode(
            provider.GetRequiredService<ILakeStore>(), provider.GetRequiredService<GridNodeOptions>().Lake, provider.GetRequiredService<GridGrainMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RemoteStorage(
            provider.GetRequiredService<IObjectStore>(), provider.GetRequiredService<GridNodeOptions>().Remote, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LogHistories>();
        services.AddSingleton<LakeCatalog>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, LakeKeeper>();
    }

    private static void AddReplication(IServiceCollection services)
    {
        services.AddSingleton(provider => new BucketRecordStore(provider.GetRequiredService<IObjectStore>()));
        services.AddSingleton(provider => new RecordMemory(provider.GetRequiredService<GridNodeOptions>().RecordsRememberedMax));
        services.AddSingleton<ReplicaPlanner>();
        services.AddSingleton<IReplicaTransport, GrainReplicaTransport>();
        services.AddSingleton<BucketLeadership>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, NodeWatch>();
        services.AddSingleton<OrphanBuckets>();
        services.AddSingleton<MissingBuckets>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, BucketSweeper>();
        services.AddPlacementDirector<NodePinnedPlacement, NodePinnedDirector>();
        services.AddPlacementDirector<BucketPlacement, BucketPlacementDirector>();
    }

    private sealed class NoRegistrar : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle)
        {
        }
    }
}
