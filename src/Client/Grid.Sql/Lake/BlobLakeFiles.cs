using Azure;
using Azure.Storage.Blobs;
using Grid.Abstractions;

namespace Grid.Sql.Lake;

/// <summary>
/// Lake files in Azure Blobs, read through a cache on a disk of this machine; files in directories are read where they lie. A file that does not fit into the cache beside those in use is left to the grid.
/// </summary>
public sealed class BlobLakeFiles : ILakeFileSource
{
    private const string Scheme = "abfss";
    private readonly BlobServiceClient _service;
    private readonly LakeFileCache _cache;

    /// <summary>Opens the cache.</summary>
    /// <param name="service">The account that the warehouse is in, with credentials that may read it.</param>
    /// <param name="cacheDirectory">A directory of this process's own; made where it does not exist. What is in it already is used.</param>
    /// <param name="cacheBytesMax">Most bytes in it, more than zero.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: a cache of no bytes.</exception>
    public BlobLakeFiles(BlobServiceClient service, string cacheDirectory, long cacheBytesMax)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (cacheBytesMax <= 0)
            throw new GridException(GridErrorCode.InvalidArgument, $"A cache of {cacheBytesMax} bytes for lake files is not possible; it needs more than 0, as a rule some GiB.");
        _service = service;
        _cache = new LakeFileCache(cacheDirectory, cacheBytesMax);
    }

    /// <summary>Bytes in the cache.</summary>
    public long CacheBytes => _cache.Bytes;

    /// <inheritdoc/>
    public ValueTask<LakeFileLease?> OpenAsync(LakeDataFile file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!Uri.TryCreate(file.Location, UriKind.Absolute, out var uri) || uri.Scheme != Scheme)
            return LocalLakeFiles.Instance.OpenAsync(file, cancellationToken);
        // abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/NAME: of another account there are no credentials.
        if (uri.UserInfo.Length == 0 || uri.Host.Split('.')[0] != _service.AccountName)
            return ValueTask.FromResult<LakeFileLease?>(null);
        var blob = _service.GetBlobContainerClient(uri.UserInfo).GetBlobClient(Uri.UnescapeDataString(uri.AbsolutePath[1..]));
        return _cache.OpenAsync(file, (stream, token) => DownloadAsync(blob, file, stream, token), cancellationToken);
    }

    private static async Task DownloadAsync(BlobClient blob, LakeDataFile file, Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            await blob.DownloadToAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException failure)
        {
            throw new GridException(GridErrorCode.StorageFailed, $"The lake file {file.Location} could not be fetched ({failure.Status} {failure.ErrorCode}). See that the credentials may read it; a snapshot's files stay for a day.", failure);
        }
    }
}
