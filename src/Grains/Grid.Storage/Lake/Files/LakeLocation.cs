using Azure.Storage.Blobs;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Lake.Files;

/// <summary>
/// Where a warehouse is, as one line of a configuration, in the forms of <see cref="ObjectStoreLocation"/>. On Azure, files name each other by <c>abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/…</c>, which is what other
/// engines understand.
/// </summary>
public sealed class LakeLocation
{
    private const string Suffix = "-lake";
    private readonly ObjectStoreLocation _place;

    private LakeLocation(ObjectStoreLocation place) => _place = place;

    /// <summary>Reads a location.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>; keys are not repeated in it.</exception>
    public static LakeLocation Parse(string text) => new(ObjectStoreLocation.Parse(text));

    /// <summary>The warehouse of a cluster that names none: beside its object store, a directory or container of the same name with <c>-lake</c> behind it.</summary>
    public static LakeLocation Beside(ObjectStoreLocation cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return new LakeLocation(cluster.Blobs is { } blobs
            ? ObjectStoreLocation.Of(blobs with { Container = blobs.Container + Suffix })
            : ObjectStoreLocation.Of(Path.TrimEndingDirectorySeparator(Path.GetFullPath(cluster.Directory!)) + Suffix));
    }

    /// <summary>Opens the warehouse. A directory is made where it is missing; Azure is not asked before the first operation.</summary>
    public ILakeStore Open(TimeProvider time)
    {
        if (_place.Blobs is not { } blobs)
            return new LakeDirectory(_place.Directory!);
        var account = blobs.ConnectionString is { } connection ? new BlobServiceClient(connection).AccountName : new BlobUriBuilder(blobs.ServiceUri).AccountName;
        return new LakeBlobs(new AzureBlobObjectStore(blobs, time), $"abfss://{blobs.Container}@{account}.dfs.core.windows.net/{blobs.Prefix}");
    }

    /// <summary>The location without keys.</summary>
    public override string ToString() => _place.ToString();
}
