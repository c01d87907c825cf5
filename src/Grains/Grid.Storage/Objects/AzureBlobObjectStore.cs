using System.Runtime.CompilerServices;
using Azure;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Grid.Abstractions;
using Grid.Storage.Objects.Blobs;

namespace Grid.Storage.Objects;

/// <summary>
/// An object store in a container of Azure Blobs: an object is a block blob of its name behind the store's prefix, its hash and its writers' nonces are the blob's metadata
/// (docs/formats.md, "Object store container"), a tag is an ETag and those nonces. Needs an account without hierarchical namespace (its lists have another order).
/// <para>
/// Requests are repeated here and not by the Azure client, so that every answer that is lost is followed by a look. Nothing is asked before the first
/// operation; the container is made by the first create.
/// </para>
/// </summary>
public sealed class AzureBlobObjectStore : IObjectStore
{
    private readonly AzureBlobOptions _options;
    private readonly BlobContainerClient _container;
    private readonly BlobCalls _calls;
    private readonly BlobWriter _writer;
    private readonly BlobReader _reader;
    private readonly BlobDeletes _deletes;
    private readonly string _prefix;

    /// <summary>Opens the store.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: an option is not legal.</exception>
    public AzureBlobObjectStore(AzureBlobOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Require();
        _options = options;
        _prefix = options.Prefix.Length == 0 ? "" : options.Prefix + "/";
        _container = Service(options).GetBlobContainerClient(options.Container);
        _calls = new BlobCalls(options, time);
        _writer = new BlobWriter(_container, options, _calls);
        _reader = new BlobReader(options, _calls, _writer);
        _deletes = new BlobDeletes(options, _calls, _writer);
    }

    /// <inheritdoc/>
    public Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken) => RunAsync(name, async blob =>
    {
        var found = await _writer.FindAsync(blob, cancellationToken).ConfigureAwait(false);
        return found is null ? null
            : new ObjectEntry(name, found.ContentLength, BlobVersion.Of(found).ToTag(), found.LastModified);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(name, blob => _reader.ReadAsync(blob, 0, int.MaxValue, whole: true, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return RunAsync(name, blob => _reader.ReadAsync(blob, offset, length, whole: false, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        RequirePiece(content);
        return RunAsync(name, blob => _writer.WriteAsync(blob, content, null, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        return RunAsync(name, blob => _writer.CreateAsync(blob, content, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken)
    {
        RequirePiece(content);
        return RunAsync(name, blob => BlobVersion.TryParse(expected, out var version)
            ? _writer.WriteAsync(blob, content, version, cancellationToken)
            : Task.FromResult<ObjectTag?>(null), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(name, blob => _deletes.DeleteAsync(blob, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken) =>
        RunAsync(name, blob => BlobVersion.TryParse(expected, out var version)
            ? _deletes.TryDeleteAsync(blob, version.ETag, cancellationToken)
            : Task.FromResult(false), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectName.RequirePrefix(prefix);
        string? continuation = "", last = null;
        while (continuation is not null)
        {
            var page = await ListPageAsync(prefix, continuation, cancellationToken).ConfigureAwait(false);
            if (page is null)
                yield break;
            foreach (var item in page.Values)
            {
                var name = item.Name[_prefix.Length..];
                if (!ObjectName.IsName(name))
                    continue; // not one of ours, as a foreign file in a directory
                if (last is not null && string.CompareOrdinal(last, name) >= 0)
                    throw new GridException(GridErrorCode.StorageFailed, $"The container '{_container.Name}' lists '{name}' behind '{last}'. Use an account without hierarchical namespace.");
                last = name;
                var version = BlobVersion.Of(item.Properties.ETag ?? default, BlobStamp.HistoryOf(item.Metadata));
                yield return new ObjectEntry(name, item.Properties.ContentLength ?? 0, version.ToTag(), item.Properties.LastModified ?? default);
            }

            continuation = string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken;
        }
    }

    private static BlobServiceClient Service(AzureBlobOptions options)
    {
        var client = new BlobClientOptions();
        client.Retry.MaxRetries = 0;
        client.Retry.NetworkTimeout = TimeSpan.FromMilliseconds(options.AttemptTimeoutMs);
        client.TransferValidation.Upload.ChecksumAlgorithm = StorageChecksumAlgorithm.MD5;
        client.Diagnostics.IsLoggingContentEnabled = false;
        if (options.Transport is not null)
            client.Transport = options.Transport;
        if (options.ServiceUri is not null)
            return new BlobServiceClient(options.ServiceUri, options.Credential ?? new DefaultAzureCredential(), client);
        try
        {
            return new BlobServiceClient(options.ConnectionString, client);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // Without the exception: it may quote the key.
            throw new GridException(GridErrorCode.InvalidArgument,
                "The connection string of Azure Blobs does not read; use the one the portal shows (DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;EndpointSuffix=...), or UseDevelopmentStorage=true.");
        }
    }

    private static void RequirePiece(ReadOnlyMemory<byte> content)
    {
        if (content.Length > ObjectLimits.PieceBytesMax)
            throw new GridException(GridErrorCode.TooLarge, $"An object of {content.Length} bytes is too large; at most {ObjectLimits.PieceBytesMax} are written in one piece. Create it from a stream.");
    }

    /// <summary>One page of a list; null where there is no container.</summary>
    private async Task<Page<BlobItem>?> ListPageAsync(string prefix, string continuation, CancellationToken cancellationToken)
    {
        try
        {
            return await _calls.RetryAsync(async token =>
            {
                var pages = _container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, _prefix + prefix, token).AsPages(continuation.Length == 0 ? null : continuation, _options.ListPage);
                await foreach (var page in pages.ConfigureAwait(false))
                    return page;
                return null;
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (BlobFailure.IsNoContainer(exception))
        {
            return null;
        }
        catch (Exception exception) when (BlobFailure.IsEnvironment(exception))
        {
            throw BlobFailure.Tell(prefix, exception);
        }
    }

    private async Task<T> RunAsync<T>(string name, Func<BlockBlobClient, Task<T>> operation, CancellationToken cancellationToken)
    {
        ObjectName.Require(name);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await operation(_container.GetBlockBlobClient(_prefix + name)).ConfigureAwait(false);
        }
        catch (SourceFailure failure)
        {
            failure.Rethrow();
            throw;
        }
        catch (Exception exception) when (BlobFailure.IsEnvironment(exception))
        {
            throw BlobFailure.Tell(name, exception);
        }
    }
}
