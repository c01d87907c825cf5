using Grid.Storage.Objects;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Grid.Silo.Clustering;

/// <summary>Lets silos and clients find each other through an object store.</summary>
public static class ObjectStoreClusteringExtensions
{
    /// <summary>Keeps the membership table in the object store that is registered in the silo's services.</summary>
    public static ISiloBuilder UseObjectStoreClustering(this ISiloBuilder builder) =>
        builder.UseObjectStoreClustering(provider => provider.GetRequiredService<IObjectStore>());

    /// <summary>Keeps the membership table in an object store.</summary>
    public static ISiloBuilder UseObjectStoreClustering(this ISiloBuilder builder, Func<IServiceProvider, IObjectStore> store)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(store);
        builder.Services.AddSingleton<IMembershipTable>(provider => ActivatorUtilities.CreateInstance<ObjectStoreMembershipTable>(provider, store(provider)));
        return builder;
    }

    /// <summary>Finds gateways in the object store. The client's <see cref="ClusterOptions"/> name the cluster.</summary>
    public static IClientBuilder UseObjectStoreClustering(this IClientBuilder builder, Func<IServiceProvider, IObjectStore> store)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(store);
        builder.Services.AddSingleton<IGatewayListProvider>(provider => ActivatorUtilities.CreateInstance<ObjectStoreGatewayListProvider>(provider, store(provider)));
        return builder;
    }
}
