using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage;
using Grid.Storage.Replication;

namespace Grid.Grains.Buckets;

/// <summary>
/// Has copies made again that this node should have and has nothing of: its disk was lost, or it was away when it became a replica. A bucket that is open finds that out by itself; this
/// opens those that nobody uses, a few at a time, until their leader counts this node as in sync. Else a bucket that is not used would stay a copy short, and the next lost disk could take the last one.
/// </summary>
internal sealed class MissingBuckets(BucketRecordStore records, LocalNode local, StorageNode node, IGrainFactory grains, TimeProvider time)
{
    private const int AtOnceMax = 4;
    private const int LooksMax = 300;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Whether the record names this node for a bucket that was used, and the node has nothing of it.</summary>
    /// <exception cref="GridException">The object store does not answer.</exception>
    public async Task<bool> IsMissingAsync(BucketId bucket, CancellationToken cancellationToken) =>
        !node.Has(bucket)
        && await records.ReadAsync(bucket, cancellationToken).ConfigureAwait(false) is { Record: { IsNeverLed: false } record }
        && record.Replicas.Contains(local.Name);

    /// <summary>Opens buckets until this node has copies of them in sync. Those that cannot be opened, or that take too long, are left for the next time.</summary>
    /// <returns>How many have their copy.</returns>
    public async Task<int> RestoreAsync(IEnumerable<BucketId> missing, CancellationToken cancellationToken)
    {
        var waiting = new Queue<BucketId>(missing);
        var working = new List<(BucketId Bucket, int Looks)>();
        var restored = 0;
        while (waiting.Count + working.Count > 0)
        {
            while (working.Count < AtOnceMax && waiting.TryDequeue(out var next))
                working.Add((next, 0));
            var outcomes = await Task.WhenAll(working.Select(item => LookAsync(item.Bucket))).WaitAsync(cancellationToken).ConfigureAwait(false);
            for (var i = working.Count - 1; i >= 0; i--)
            {
                if (outcomes[i] == true)
                    restored++;
                if (outcomes[i] == false && working[i].Looks < LooksMax)
                    working[i] = (working[i].Bucket, working[i].Looks + 1);
                else
                    working.RemoveAt(i);
            }

            if (working.Count > 0)
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }

        return restored;
    }

    /// <summary>True: this node's copy is in sync; false: not yet; null: the bucket cannot be opened now.</summary>
    private async Task<bool?> LookAsync(BucketId bucket)
    {
        try
        {
            var status = await grains.GetGrain<IBucketControlGrain>(bucket.ToString()).PursueAsync().ConfigureAwait(false);
            return status.Leader == local.Name || status.Replicas.Any(replica => replica.Node == local.Name && replica.IsInSync && replica.IsAnswering && node.Has(bucket));
        }
        catch (Exception failure) when (failure is GridException or TimeoutException or OrleansException)
        {
            return null;
        }
    }
}
