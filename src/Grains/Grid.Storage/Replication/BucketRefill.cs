using Grid.Abstractions;
using Grid.Storage.DataPort;
using Grid.Storage.Files;

namespace Grid.Storage.Replication;

/// <summary>
/// Replaces a replica's folder by its leader's segments and a checkpoint of its shard. Received beside the old folder, which goes only when all of it is on disk and every hash was right. A crash between
/// the two leaves no folder: a lost disk, which is filled again.
/// </summary>
public static class BucketRefill
{
    private const string Suffix = ".refill";

    /// <summary>Receives and replaces. The bucket must not be open on this node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="reader">A stream of the leader's <c>BucketEngine.OpenRefillSource</c>.</param>
    /// <param name="cancellationToken">Gives up; the old folder stays.</param>
    /// <exception cref="GridException">As <see cref="FileSetReceiver.ReceiveAsync"/>; <see cref="GridErrorCode.Closing"/>: the bucket is open.</exception>
    public static async Task RunAsync(StorageNode node, BucketId bucket, DataPortReader reader, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        node.Take(bucket);
        try
        {
            var folder = node.FolderOf(bucket);
            var staging = StagingOf(node, bucket);
            await Task.Run(() => node.Files.DeleteDirectory(staging), cancellationToken).ConfigureAwait(false);
            node.Files.CreateDirectory(staging);
            await FileSetReceiver.ReceiveAsync(reader, staging, new FileSetLimits(), node.Files, cancellationToken).ConfigureAwait(false);
            await Task.Run(() => Replace(node, folder, staging), CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new GridException(GridErrorCode.StorageFailed, $"Bucket {bucket} could not be filled: {e.Message} It is tried again.", e);
        }
        finally
        {
            node.Release(bucket);
        }
    }

    /// <summary>Where a refill of the bucket is received.</summary>
    internal static string StagingOf(StorageNode node, BucketId bucket) => node.FolderOf(bucket) + Suffix;

    private static void Replace(StorageNode node, string folder, string staging)
    {
        // The epoch that was promised stays promised; where that is not known, aligning asks the record. What is received is committed at the leader, but only aligning tells whether it is all.
        ReadPromise(node.Files, folder)?.Write(node.Files, staging);
        node.Files.DeleteDirectory(folder);
        Directory.Move(staging, folder);
        node.Files.SyncDirectory(Path.GetDirectoryName(folder)!);
    }

    private static ReplicaState? ReadPromise(IFileStore files, string folder)
    {
        try
        {
            return ReplicaState.Read(files, folder) is { } state ? state with { HighWatermark = LogOffset.Zero, Boot = Guid.Empty } : null;
        }
        catch (GridException)
        {
            return null; // damaged like the rest that is replaced
        }
    }
}
