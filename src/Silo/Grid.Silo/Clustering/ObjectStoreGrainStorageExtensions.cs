using Grid.Storage.Objects;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Hosting;

namespace Grid.Silo.Clustering;

/// <summary>Registers <see cref="ObjectStoreGrainStorage"/>.</summary>
public static class ObjectStoreGrainStorageExtensions
{
    /// <summary>Adds a grain storage provider over the object store that is registered in the silo's services.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The name that grains ask for: <c>[PersistentState("state", "NAME")]</c>.</param>
    public static ISiloBuilder AddObjectStoreGrainStorage(this ISiloBuilder builder, string name) =>
        builder.AddObjectStoreGrainStorage(name, provider => provider.GetRequiredService<IObjectStore>());

    /// <summary>Adds a grain storage provider over an object store.</summary>
    public static ISiloBuilder AddObjectStoreGrainStorage(this ISiloBuilder builder, string name, Func<IServiceProvider, IObjectStore> store)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(store);
        builder.Services.AddGrainStorage(name, (provider, key) => ActivatorUtilities.CreateInstance<ObjectStoreGrainStorage>(provider, key, store(provider)));
        return builder;
    }
}
