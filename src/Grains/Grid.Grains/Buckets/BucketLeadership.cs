using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Grains.Replication;
using Grid.Storage.Remote;
using Grid.Storage.Replication;

namespace Grid.Grains.Buckets;

/// <summary>What a bucket's grain does around its record: makes it for a new bucket, takes the lead, and ends it with its table.</summary>
public sealed class BucketLeadership(
    BucketRecordStore records, ReplicaPlanner planner, INodeDirectory nodes, BucketHost host, RemoteStorage remote, IGrainFactory grains, GridNodeOptions options, TimeProvider time)
{
    /// <summary>Takes the bucket's lead on this node; ends when it serves.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NotLeader"/>: it is another node's; <see cref="GridErrorCode.StorageFailed"/>: the object store does not answer.</exception>
    internal async Task LeadAsync(OpenBucket bucket, TableInfo table, Action deposed, CancellationToken cancellationToken)
    {
        var replica = bucket.Engine.Replica!;
        var record = replica.Role == ReplicaRole.Leading ? null : await ReadInTimeAsync(bucket.Id, table, cancellationToken);
        replica.OnDeposed(deposed);
        if (record is null)
            return;

        // A caller that remembers where the bucket was gets it activated there, wherever it should be: the placement decides, not the call.
        if (planner.FindLeader(bucket.Id, record.Record) is var leader && leader != nodes.Local)
            throw new GridException(GridErrorCode.NotLeader, $"Node {nodes.Local} does not lead bucket {bucket.Id}; {leader} does or should. Ask again: the call finds it.");
        await replica.LeadAsync(record, cancellationToken);
    }

    /// <summary>Deletes the copies of a bucket whose table was dropped, its remote segments, and its record. Nodes that are not there find theirs when they start.</summary>
    public async Task DeleteReplicasAsync(BucketId bucket)
    {
        if (await records.ReadAsync(bucket, CancellationToken.None) is { } record)
            await Task.WhenAll(record.Record.Replicas
                .Where(node => node != nodes.Local && nodes.TryGetSilo(node, out _))
                .Select(node => grains.GetGrain<IReplicaGrain>(new ReplicaKey(bucket, node).ToString()).DeleteAsync()));
        await host.DeleteAsync(bucket, CancellationToken.None);
        await remote.DeleteAsync(bucket, CancellationToken.None);
        await records.DeleteAsync(bucket, CancellationToken.None);
    }

    /// <summary>A store may be slow to notice that nobody waits any more; a bucket that closes does not wait for it.</summary>
    private async Task<VersionedRecord> ReadInTimeAsync(BucketId bucket, TableInfo table, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadOrCreateAsync(bucket, table, cancellationToken).WaitAsync(TimeSpan.FromMilliseconds(options.RecordReadMsMax), time, cancellationToken);
        }
        catch (TimeoutException failure)
        {
            throw new GridException(GridErrorCode.StorageFailed,
                $"The record of bucket {bucket} was neither read nor made within {options.RecordReadMsMax} ms; see whether the object store answers.", failure);
        }
    }

    private async Task<VersionedRecord> ReadOrCreateAsync(BucketId bucket, TableInfo table, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await records.ReadAsync(bucket, cancellationToken) is { } record)
                return record;
            var replicas = planner.ChooseReplicas(bucket, table.Options, nodes.Local);
            var fresh = new BucketRecord
            {
                Epoch = BucketRecord.NewEpoch,
                Replicas = replicas,
                InSync = replicas,
                MinInSync = ReplicationRules.MinInSync(table.Options with { MinInSync = 0 }, replicas.Length),
            };
            if (await records.TryCreateAsync(bucket, fresh, cancellationToken) is { } created)
                return created;
        }
    }
}
