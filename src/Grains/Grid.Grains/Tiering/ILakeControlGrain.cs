using Grid.Abstractions;

namespace Grid.Grains.Tiering;

/// <summary>What nodes, buckets and the catalog tell a table's tiering; not for clients. The key is the table id.</summary>
[Alias("grid.ILakeControlGrain")]
internal interface ILakeControlGrain : IGrainWithIntegerKey
{
    /// <summary>Has the tiering run, if the table wants that.</summary>
    [ResponseTimeout("00:00:10")]
    Task EnsureAsync();

    /// <summary>A bucket has committed rows up to an offset.</summary>
    [ResponseTimeout("00:00:10")]
    Task ReportAsync(BucketId bucket, LogOffset highWatermark);

    /// <summary>The first offset of a bucket that is not in the lake: what lies before it, retention may delete.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: not known now.</exception>
    [ResponseTimeout("00:00:30")]
    Task<LogOffset> GetTieredAsync(BucketId bucket);

    /// <summary>A partition is in the lake as far as it ever was, and is no more.</summary>
    [ResponseTimeout("00:00:10")]
    Task ForgetAsync(PartitionId partition);

    /// <summary>The table was dropped: ends the tiering and deletes the lake table. May be called again.</summary>
    [ResponseTimeout("00:05:00")]
    Task DropAsync(TableInfo table);
}
