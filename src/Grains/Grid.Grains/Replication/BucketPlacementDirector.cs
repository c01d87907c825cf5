using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage.Replication;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace Grid.Grains.Replication;

/// <summary>
/// Places a bucket's grain on a node that may lead the bucket: the recorded leader if it lives, else the first of its replicas that lives and is in sync. A
/// bucket without a record goes where a new bucket should; its grain makes the record. While the object store is away, the record seen last counts: the choice is only a
/// proposal, the grain has to raise the epoch in the record before it leads. What this throws reaches the caller as it is.
/// </summary>
internal sealed partial class BucketPlacementDirector(
    BucketRecordStore records, RecordMemory memory, ReplicaPlanner planner, INodeDirectory nodes, GridNodeOptions options, TimeProvider time, ILogger<BucketPlacementDirector> logger) : IPlacementDirector
{
    private readonly ILogger<BucketPlacementDirector> _logger = logger;

    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var bucket = Parse(target.GrainIdentity.Key.ToString()!);
        var record = await ReadAsync(bucket);
        var node = record is null ? planner.ChooseLeader(bucket) : planner.FindLeader(bucket, record);
        return node is { } chosen && nodes.TryGetSilo(chosen, out var silo) ? silo
            : throw new GridException(GridErrorCode.NotEnoughReplicas, $"Bucket {bucket} cannot be placed: no node of the cluster is active yet, or any more. Try again shortly.");
    }

    private async Task<BucketRecord?> ReadAsync(BucketId bucket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.RecordReadMsMax), time);
        try
        {
            // The store may be slow to notice that it is cancelled; nobody waits for that.
            var read = await records.ReadAsync(bucket, patience.Token).WaitAsync(patience.Token);
            if (read is null)
                memory.Forget(bucket);
            else
                memory.Remember(bucket, read.Record);
            return read?.Record;
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or GridException { Code: GridErrorCode.StorageFailed or GridErrorCode.Timeout })
        {
            if (memory.TryFind(bucket, out var record))
            {
                LogRemembered(failure, bucket);
                return record;
            }

            throw failure as GridException
                ?? new GridException(GridErrorCode.StorageFailed, $"The record of bucket {bucket} was not read within {options.RecordReadMsMax} ms; see whether the object store answers.", failure);
        }
    }

    private static BucketId Parse(string key)
    {
        try
        {
            return BucketId.Parse(key);
        }
        catch (FormatException failure)
        {
            throw new GridException(GridErrorCode.InvalidArgument, failure.Message, failure);
        }
    }
}
