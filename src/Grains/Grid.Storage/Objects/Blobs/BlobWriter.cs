using System.IO.Hashing;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Grid.Abstractions;

namespace Grid.Storage.Objects.Blobs;

/// <summary>
/// Conditional writes whose outcome is found out. Each write has a random nonce, the same in all its attempts, and leaves it in the blob's history (<see cref="BlobHistory"/>).
/// An answer that is lost (time-out, broken connection, 5xx) is replaced by a look at the blob; so is a refusal, because a layer below may have repeated a
/// request that had succeeded, and the repeat is refused.
/// </summary>
internal sealed class BlobWriter(BlobContainerClient container, AzureBlobOptions options, BlobCalls calls)
{
    /// <summary>Writes content that is in memory: one request, or blocks where it is large. <paramref name="expected"/> null: creates.</summary>
    public async Task<ObjectTag?> WriteAsync(BlockBlobClient blob, ReadOnlyMemory<byte> content, BlobVersion? expected, CancellationToken cancellationToken)
    {
        if (content.Length <= options.BlockBytes)
            return await PutAsync(blob, content, expected, cancellationToken).ConfigureAwait(false);
        var nonce = BlobHistory.NewNonce();
        var blocks = new BlobBlocks(blob, nonce, options, calls);
        if (!await PrepareBlocksAsync(blob, expected, cancellationToken).ConfigureAwait(false))
            return null;
        await blocks.SendAsync(content, cancellationToken).ConfigureAwait(false);
        return await CommitAsync(blob, blocks, nonce, expected, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates from a stream: one request where it ends within a block, else blocks.</summary>
    public async Task<ObjectTag?> CreateAsync(BlockBlobClient blob, Stream content, CancellationToken cancellationToken)
    {
        var first = new byte[options.BlockBytes];
        var count = await BlobBlocks.FillAsync(content, first, cancellationToken).ConfigureAwait(false);
        if (count < first.Length)
            return await PutAsync(blob, first.AsMemory(0, count), null, cancellationToken).ConfigureAwait(false);
        if (!await PrepareBlocksAsync(blob, null, cancellationToken).ConfigureAwait(false))
            return null;
        var nonce = BlobHistory.NewNonce();
        var blocks = new BlobBlocks(blob, nonce, options, calls);
        await blocks.SendAsync(first, content, cancellationToken).ConfigureAwait(false);
        return await CommitAsync(blob, blocks, nonce, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The version that is there; null where there is none.</summary>
    public async Task<BlobProperties?> FindAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            return await PropertiesAsync(blob, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException exception) when (BlobFailure.IsNotFound(exception))
        {
            return null;
        }
    }

    private async Task<BlobProperties> PropertiesAsync(BlockBlobClient blob, CancellationToken cancellationToken) =>
        (await calls.RetryAsync(token => blob.GetPropertiesAsync(cancellationToken: token), cancellationToken).ConfigureAwait(false)).Value;

    /// <summary>Makes the container, or finds it made.</summary>
    private Task CreateContainerAsync(CancellationToken cancellationToken) =>
        calls.RetryAsync(token => container.CreateIfNotExistsAsync(cancellationToken: token), cancellationToken);

    private Task<ObjectTag?> PutAsync(BlockBlobClient blob, ReadOnlyMemory<byte> content, BlobVersion? expected, CancellationToken cancellationToken)
    {
        var nonce = BlobHistory.NewNonce();
        var stamp = new BlobStamp(XxHash3.HashToUInt64(content.Span), History(expected, nonce));
        var how = new BlobUploadOptions
        {
            Metadata = stamp.ToMetadata(),
            Conditions = Conditions(expected),
            TransferOptions = new() { InitialTransferSize = options.BlockBytes, MaximumTransferSize = options.BlockBytes },
        };
        return WriteAsync(blob, nonce, expected, async token =>
        {
            using var stream = BinaryData.FromBytes(content).ToStream();
            return (await blob.UploadAsync(stream, how, token).ConfigureAwait(false)).Value.ETag;
        }, stamp.History, cancellationToken);
    }

    private Task<ObjectTag?> CommitAsync(BlockBlobClient blob, BlobBlocks blocks, string nonce, BlobVersion? expected, CancellationToken cancellationToken)
    {
        var stamp = new BlobStamp(blocks.ContentHash, History(expected, nonce));
        var how = new CommitBlockListOptions { Metadata = stamp.ToMetadata(), Conditions = Conditions(expected) };
        return WriteAsync(blob, nonce, expected, async token => (await blob.CommitBlockListAsync(blocks.Names, how, token).ConfigureAwait(false)).Value.ETag, stamp.History, cancellationToken);
    }

    /// <summary>Looks before much is sent: false where the write cannot succeed any more. Also makes the container.</summary>
    private async Task<bool> PrepareBlocksAsync(BlockBlobClient blob, BlobVersion? expected, CancellationToken cancellationToken)
    {
        try
        {
            var found = await PropertiesAsync(blob, cancellationToken).ConfigureAwait(false);
            return expected is { } version && BlobVersion.Of(found).ETag == version.ETag;
        }
        catch (RequestFailedException exception) when (BlobFailure.IsNotFound(exception))
        {
            // Only where it is missing: an identity may be allowed to write into the container, and not to make it.
            if (expected is null && BlobFailure.IsNoContainer(exception))
                await CreateContainerAsync(cancellationToken).ConfigureAwait(false);
            return expected is null;
        }
    }

    private async Task<ObjectTag?> WriteAsync(
        BlockBlobClient blob, string nonce, BlobVersion? expected, Func<CancellationToken, Task<ETag>> send, BlobHistory history, CancellationToken cancellationToken)
    {
        Exception? lost = null; // an attempt whose answer was lost: it may have taken effect, or do so later
        for (var attempt = 0; ; attempt++)
        {
            // 1. Send.
            Exception failure;
            try
            {
                return BlobVersion.Of(await calls.OnceAsync(send, cancellationToken).ConfigureAwait(false), history).ToTag();
            }
            catch (Exception exception) when (expected is null && attempt <= options.RetriesMax && BlobFailure.IsNoContainer(exception))
            {
                await CreateContainerAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }
            catch (Exception exception) when (BlobFailure.IsRefusal(exception, expected is null))
            {
                failure = exception;
            }
            catch (Exception exception) when (BlobFailure.IsTransient(exception))
            {
                failure = lost = exception;
            }

            // 2. Wait where the service may be busy, then look. A look that fails ends the write, with what it failed on: nobody knows.
            if (failure == lost)
                await calls.BackOffAsync(Math.Min(attempt, options.RetriesMax), cancellationToken).ConfigureAwait(false);
            var found = await FindAsync(blob, cancellationToken).ConfigureAwait(false);

            // 3. Decide.
            if (found is not null)
            {
                var present = BlobVersion.Of(found);
                if (present.History.Newest == nonce)
                    return present.ToTag();
                if (present.History.Contains(nonce))
                    return BlobVersion.Overtaken(nonce);
                if (expected is not { } version)
                    return null; // somebody else's
                if (present.ETag != version.ETag)
                    return lost is null || (version.History.Newest is { } before && present.History.Contains(before)) ? null : throw BlobFailure.Unknown(blob.Name, lost);
            }
            else if (expected is not null)
            {
                return lost is null ? null : throw BlobFailure.Unknown(blob.Name, lost);
            }
            else if (failure != lost && !BlobFailure.AreBlocksGone(failure))
            {
                return null; // refused because there was one, which is gone by now
            }

            // 4. Nothing has changed: once more, unless that cannot help. Late effects of earlier attempts carry the same nonce.
            if (BlobFailure.AreBlocksGone(failure))
                throw new GridException(GridErrorCode.StorageFailed, $"Another writer of '{blob.Name}' discarded the blocks of this write, and its object is gone too. Write again.", failure);
            if (attempt >= options.RetriesMax)
                throw BlobFailure.Tell(blob.Name, failure);
        }
    }

    private static BlobHistory History(BlobVersion? expected, string nonce) => (expected?.History ?? BlobHistory.Empty).With(nonce);

    private static BlobRequestConditions Conditions(BlobVersion? expected) =>
        expected is { } version ? new BlobRequestConditions { IfMatch = version.ETag } : new BlobRequestConditions { IfNoneMatch = ETag.All };
}
