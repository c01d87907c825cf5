namespace Grid.Storage.Lake.Files;

/// <summary>Names of files by their locations, which come out of manifests.</summary>
internal static class LakeStores
{
    /// <summary>The name that a location stands for in its store.</summary>
    /// <exception cref="Abstractions.GridException">It is not below the store's root.</exception>
    public static string NameOf(this ILakeStore store, string location) =>
        location.StartsWith(store.Root + "/", StringComparison.Ordinal)
            ? location[(store.Root.Length + 1)..]
            : throw LakeErrors.Unsupported($"a data file outside of {store.Root}: {location}");
}
