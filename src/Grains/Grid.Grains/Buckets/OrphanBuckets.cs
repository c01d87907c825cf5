using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage.Catalog;
using Grid.Storage.Replication;

namespace Grid.Grains.Buckets;

/// <summary>
/// Deletes what this node has of buckets that are not its own any more: moved away, or of a table or a partition that was dropped while the node was off. Thread safe.
/// <para>
/// Why nothing is lost. What is deleted is not named by the record, read afresh while nobody here has the bucket open or can open it; so no leader counts on it. If the record names the node again in that
/// very moment, its leader waits until the bucket can be opened, finds a copy that remembers nothing, and fills it; and such a copy asks the record before it follows anybody
/// (docs/replication.md, "Moving"). A record that is not there proves nothing by itself: the object store may be the wrong one. The catalog must know that the table, or the partition, was made and is gone.
/// </para>
/// </summary>
public sealed class OrphanBuckets(BucketHost host, BucketRecordStore records, CatalogStore catalog, LocalNode local, TimeProvider time)
{
    private static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(20);

    /// <summary>Whether the bucket is none of this node's. False where that is not known for certain.</summary>
    /// <exception cref="GridException">The object store does not answer.</exception>
    public async Task<bool> IsUnnamedAsync(BucketId bucket, CancellationToken cancellationToken)
    {
        if (await records.ReadAsync(bucket, cancellationToken).ConfigureAwait(false) is not { Record: var record })
            return await catalog.IsGoneAsync(bucket, cancellationToken).ConfigureAwait(false);
        return !record.Replicas.Contains(local.Name) && (record.Target.IsDefaultOrEmpty || !record.Target.Contains(local.Name));
    }

    /// <summary>Closes the bucket, looks again, and deletes its files where it still is none of this node's. True: they are gone.</summary>
    /// <exception cref="GridException">The object store does not answer, or the files cannot be deleted; what was there stays.</exception>
    public async Task<bool> DeleteUnnamedAsync(BucketId bucket, CancellationToken cancellationToken)
    {
        using var closeWait = new CancellationTokenSource(CloseWait, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, closeWait.Token);
        try
        {
            return await host.DeleteIfAsync(bucket, () => IsUnnamedAsync(bucket, patience.Token), patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false; // somebody is at work on it; the next look tries again
        }
    }
}
