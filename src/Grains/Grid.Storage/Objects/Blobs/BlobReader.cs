using System.IO.Hashing;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Grid.Abstractions;

namespace Grid.Storage.Objects.Blobs;

/// <summary>Reads of one version of a blob, piece by piece: up to 4 MiB a request, several requests at once.</summary>
internal sealed class BlobReader(AzureBlobOptions options, BlobCalls calls, BlobWriter writer)
{
    /// <summary>The service makes an MD5 of a range of at most this size.</summary>
    private const int HashedRangeBytesMax = 4 * 1024 * 1024;

    /// <summary>How often a read begins again because the object changed under it.</summary>
    private const int RestartsMax = 64;

    private const int NoSuchRange = 416;
    private readonly int _pieceBytes = Math.Min(options.BlockBytes, HashedRangeBytesMax);

    /// <summary>Reads a range; a whole object is checked against its own hash, a part of one piece by piece against the service's MD5.</summary>
    public async Task<ObjectContent?> ReadAsync(BlockBlobClient blob, long offset, int length, bool whole, CancellationToken cancellationToken)
    {
        for (var restart = 0; restart < RestartsMax; restart++)
        {
            try
            {
                return await ReadVersionAsync(blob, offset, length, whole, cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException exception) when (BlobFailure.IsNotFound(exception))
            {
                return null;
            }
            catch (RequestFailedException exception) when (exception.Status is 412 or NoSuchRange)
            {
                // It was replaced between two requests.
            }
        }

        throw new GridException(GridErrorCode.Busy, $"'{blob.Name}' was replaced {RestartsMax} times while it was being read; try again.");
    }

    private async Task<ObjectContent?> ReadVersionAsync(BlockBlobClient blob, long offset, int length, bool whole, CancellationToken cancellationToken)
    {
        // 1. The first piece tells the length and the version of all.
        if (length == 0)
            return await ReadNothingAsync(blob, offset, whole, cancellationToken).ConfigureAwait(false);
        Piece first;
        try
        {
            first = await ReadPieceAsync(blob, offset, Math.Min(length, _pieceBytes), null, whole, cancellationToken).ConfigureAwait(false);
        }
        catch (RequestFailedException exception) when (exception.Status == NoSuchRange)
        {
            return await ReadNothingAsync(blob, offset, whole, cancellationToken).ConfigureAwait(false);
        }

        var wanted = Math.Min(first.ObjectLength - offset, length);
        if (wanted > ObjectLimits.PieceBytesMax)
            throw new GridException(GridErrorCode.TooLarge, $"'{blob.Name}' has {wanted} bytes; at most {ObjectLimits.PieceBytesMax} are read in one piece. Read ranges, or open a stream.");

        // 2. The rest, of the same version only.
        var bytes = first.Bytes;
        if (wanted > bytes.Length)
        {
            bytes = new byte[wanted];
            first.Bytes.CopyTo(bytes, 0);
            var starts = Enumerable.Range(1, (int)((wanted - 1) / _pieceBytes)).Select(index => index * _pieceBytes);
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.BlocksAtOnce, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(starts, parallel, async (start, token) =>
            {
                var piece = await ReadPieceAsync(blob, offset + start, Math.Min((int)wanted - start, _pieceBytes), first.ETag, whole, token).ConfigureAwait(false);
                piece.Bytes.CopyTo(bytes, start);
            }).ConfigureAwait(false);
        }

        return Checked(blob.Name, bytes, first.ETag, first.Metadata, whole);
    }

    /// <summary>An empty object, or a range beyond the end: all there is to know are the properties.</summary>
    private async Task<ObjectContent?> ReadNothingAsync(BlockBlobClient blob, long offset, bool whole, CancellationToken cancellationToken)
    {
        var found = await writer.FindAsync(blob, cancellationToken).ConfigureAwait(false);
        if (found is null)
            return null;
        return whole && found.ContentLength > offset
            ? throw new RequestFailedException(412, "It is not empty any more.")
            : Checked(blob.Name, [], found.ETag, found.Metadata, whole);
    }

    private Task<Piece> ReadPieceAsync(BlockBlobClient blob, long offset, int length, ETag? version, bool whole, CancellationToken cancellationToken)
    {
        var how = new BlobDownloadOptions
        {
            Range = new HttpRange(offset, length),
            Conditions = version is { } tag ? new BlobRequestConditions { IfMatch = tag } : null,
            TransferValidation = new DownloadTransferValidationOptions { ChecksumAlgorithm = whole ? StorageChecksumAlgorithm.None : StorageChecksumAlgorithm.MD5 },
        };
        return calls.RetryAsync(async token =>
        {
            using var result = (await blob.DownloadStreamingAsync(how, token).ConfigureAwait(false)).Value;
            var details = result.Details;
            if (details.ContentLength < 0 || details.ContentLength > length || !TryReadTotal(details.ContentRange, out var total)
                || details.ContentLength != Math.Min(total - offset, length))
                throw new InvalidDataException($"the service answered {details.ContentLength} bytes, range '{details.ContentRange}', to a request for {length} bytes from {offset}.");
            var bytes = new byte[details.ContentLength];
            await result.Content.ReadExactlyAsync(bytes, token).ConfigureAwait(false);
            return new Piece(bytes, total, details.ETag, details.Metadata);
        }, cancellationToken);
    }

    private static ObjectContent Checked(string name, byte[] bytes, ETag version, IDictionary<string, string> metadata, bool whole)
    {
        var stamped = BlobStamp.TryRead(metadata, out var stamp);
        if (whole && !stamped)
            throw new GridException(GridErrorCode.StorageFailed, $"'{name}' has no '{BlobStamp.Key}' in its metadata, or one that does not read: it was not written by Grid, or is damaged. Restore it, or remove it.");
        if (whole && XxHash3.HashToUInt64(bytes) != stamp.ContentHash)
            throw new GridException(GridErrorCode.StorageFailed, $"'{name}' is damaged: its {bytes.Length} bytes have another hash than the one it was written with. Restore it, or remove it.");
        return new ObjectContent(bytes, BlobVersion.Of(version, stamped ? stamp.History : BlobHistory.Empty).ToTag());
    }

    /// <summary>The total of <c>bytes 0-9/100</c>.</summary>
    private static bool TryReadTotal(string? contentRange, out long total)
    {
        total = 0;
        var slash = contentRange?.LastIndexOf('/') ?? -1;
        return slash >= 0 && long.TryParse(contentRange.AsSpan(slash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out total);
    }

    private sealed record Piece(byte[] Bytes, long ObjectLength, ETag ETag, IDictionary<string, string> Metadata);
}
