using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Grid.Abstractions;

namespace Grid.Storage.Objects.Blobs;

/// <summary>
/// Deletes, always of one version: a request that was given up and arrives late can then not take an object that was created since. A blob that is gone keeps no
/// nonce, so a delete whose answer was lost finds out whether the version is gone, but not by whom.
/// </summary>
internal sealed class BlobDeletes(AzureBlobOptions options, BlobCalls calls, BlobWriter writer)
{
    /// <summary>How often another version is looked for that can be deleted before somebody replaces it.</summary>
    private const int OvertakenMax = 64;

    private enum Outcome
    {
        Deleted,
        Refused,
        GoneByUnknownHand,
    }

    /// <summary>Deletes whatever version there is; false where there is none.</summary>
    public async Task<bool> DeleteAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < OvertakenMax; attempt++)
        {
            var found = await writer.FindAsync(blob, cancellationToken).ConfigureAwait(false);
            if (found is null)
                return false;
            if (await DeleteVersionAsync(blob, BlobVersion.Of(found).ETag, cancellationToken).ConfigureAwait(false) != Outcome.Refused)
                return true;
        }

        throw new GridException(GridErrorCode.Busy, $"'{blob.Name}' was overtaken {OvertakenMax} times by other writers; try again.");
    }

    /// <summary>Deletes a version; false where it is not there.</summary>
    public async Task<bool> TryDeleteAsync(BlockBlobClient blob, ETag version, CancellationToken cancellationToken) =>
        await DeleteVersionAsync(blob, version, cancellationToken).ConfigureAwait(false) switch
        {
            Outcome.Deleted => true,
            Outcome.Refused => false,
            _ => throw new GridException(GridErrorCode.StorageFailed, $"The version of '{blob.Name}' is gone, but the answer was lost: whether this call deleted it is not known. Read the object and decide."),
        };

    private async Task<Outcome> DeleteVersionAsync(BlockBlobClient blob, ETag version, CancellationToken cancellationToken)
    {
        var conditions = new BlobRequestConditions { IfMatch = version };
        var lost = false;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await calls.OnceAsync(token => blob.DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions, token), cancellationToken).ConfigureAwait(false);
                return Outcome.Deleted;
            }
            catch (RequestFailedException exception) when (exception.Status is 404 or 412)
            {
                return lost ? Outcome.GoneByUnknownHand : Outcome.Refused;
            }
            catch (Exception exception) when (BlobFailure.IsTransient(exception))
            {
                lost = true;
                if (attempt >= options.RetriesMax)
                {
                    var found = await writer.FindAsync(blob, cancellationToken).ConfigureAwait(false);
                    return found is not null && BlobVersion.Of(found).ETag == version ? throw BlobFailure.Tell(blob.Name, exception) : Outcome.GoneByUnknownHand;
                }

                await calls.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
