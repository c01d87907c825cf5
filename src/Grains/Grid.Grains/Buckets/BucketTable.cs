using Grid.Abstractions;
using Grid.Grains.Partitions;

namespace Grid.Grains.Buckets;

/// <summary>Asks what a bucket's table is, and whether the bucket is one of its own.</summary>
internal static class BucketTable
{
    /// <summary>The bucket's table, and whether the bucket's partition is being dropped: it is there for the lake only.</summary>
    /// <param name="grains">Who is asked.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="fresh">Whether the partition is still there is read from the store.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.TableDropped"/>, <see cref="GridErrorCode.PartitionDropped"/>; <see cref="GridErrorCode.InvalidArgument"/>: the table has no such bucket.</exception>
    public static async Task<(TableInfo Table, bool IsOver)> ReadAsync(IGrainFactory grains, BucketId bucket, bool fresh = false)
    {
        var table = await grains.GetGrain<ITableGrain>(bucket.Table.Value).GetAsync();
        if (bucket.Number >= table.Options.Buckets || (bucket.Partition.Value != 0 && !table.IsPartitioned))
            throw new GridException(GridErrorCode.InvalidArgument,
                $"{table.Path} has no bucket {bucket}; its buckets are {bucket.Table}/{(table.IsPartitioned ? "PARTITION" : "0")}/0 to {bucket.Table}/{(table.IsPartitioned ? "PARTITION" : "0")}/{table.Options.Buckets - 1}.");
        return (table, table.IsPartitioned && await grains.GetGrain<IPartitionControlGrain>(bucket.Table.Value).RequireAsync(bucket.Partition, fresh));
    }

    /// <summary>Whether a refusal says that the bucket is no more.</summary>
    public static bool IsGone(GridException refusal) => refusal.Code is GridErrorCode.TableDropped or GridErrorCode.PartitionDropped;
}
