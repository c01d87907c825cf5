using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Grains.Buckets;
using Grid.Grains.Replication;
using Grid.Storage;
using Grid.Storage.Replication;
using Orleans.Concurrency;

namespace Grid.Grains.Cluster;

/// <summary>A node's own word on its buckets. Closed ones are measured by their files, on the thread pool.</summary>
[Reentrant]
[NodePinned]
internal sealed class NodeGrain(BucketHost host, StorageNode storage, TimeProvider time) : Grain, INodeGrain
{
    private static readonly TimeSpan AnswerWait = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public async Task<ImmutableArray<BucketReport>> ReportAsync(ImmutableArray<BucketId> buckets)
    {
        if (buckets.IsDefault || buckets.Length > BucketQuery.CountLimit)
            throw new GridException(GridErrorCode.InvalidArgument, $"A report on {(buckets.IsDefault ? 0 : buckets.Length)} buckets was asked for; at most {BucketQuery.CountLimit} are legal.");
        var open = host.ListOpen().ToDictionary(bucket => bucket.Id);
        return await Task.Run(async () =>
        {
            var reports = ImmutableArray.CreateBuilder<BucketReport>(buckets.Length);
            foreach (var bucket in buckets)
                reports.Add(open.TryGetValue(bucket, out var engine) && await DescribeAsync(engine) is { } report ? report : new BucketReport { Bucket = bucket, Bytes = storage.BytesOf(bucket) });
            return reports.MoveToImmutable();
        });
    }

    /// <summary>Null: it was closed meanwhile.</summary>
    private async Task<BucketReport?> DescribeAsync(OpenBucket bucket)
    {
        try
        {
            // A loop that is stopping does not answer any more.
            var status = await bucket.Engine.Replica!.DescribeAsync(bucket.Engine.GetStatus(), CancellationToken.None).WaitAsync(AnswerWait, time);
            return new BucketReport
            {
                Bucket = bucket.Id,
                Bytes = status.LogBytes + status.ShardBytes,
                IsLeading = bucket.Engine.Replica.Role == ReplicaRole.Leading,
                LogEndOffset = status.LogEndOffset,
                WrittenPerSecond = bucket.Engine.WrittenPerSecond,
                Replicas = status.Replicas,
            };
        }
        catch (Exception failure) when (failure is TimeoutException or GridException or ObjectDisposedException or InvalidOperationException)
        {
            return null;
        }
    }
}
