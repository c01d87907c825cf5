using Grid.Abstractions;
using Grid.Grains.Tiering;

namespace Grid.Grains.Buckets;

/// <summary>What the cluster's administration and the tiering tell a bucket's grain; not for clients.</summary>
[Alias("grid.IBucketControlGrain")]
internal interface IBucketControlGrain : IGrainWithStringKey
{
    /// <summary>Opens and leads the bucket, and looks whether its record has another target than it knew.</summary>
    [ResponseTimeout("00:00:10")]
    Task<BucketStatus> PursueAsync();

    /// <summary>Writes committed rows into lake files, as far as a round goes.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.OffsetOutOfRange"/>: the rows are not in the log any more, or not yet; <see cref="GridErrorCode.Busy"/>: other buckets of the node have their turn.</exception>
    [ResponseTimeout("00:05:00")]
    Task<TierAnswer> TierAsync(TierRequest request, CancellationToken cancellationToken);

    /// <summary>Rewrites lake files of a bucket of a primary-key table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.VersionConflict"/>: the bucket is at another offset in the lake; <see cref="GridErrorCode.Corrupt"/>: a file does not read.</exception>
    [ResponseTimeout("00:10:00")]
    Task<CompactAnswer> CompactAsync(CompactRequest request, CancellationToken cancellationToken);

    /// <summary>The partition is being dropped, once its rows are in the lake: refuses writes from here on, waits for those at work, and tells where the log ends.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: it is not.</exception>
    [ResponseTimeout("00:00:30")]
    Task<LogOffset> EndAsync();

    /// <summary>Deletes the bucket of a dropped partition, on every node.</summary>
    [ResponseTimeout("00:00:30")]
    Task DeleteAsync();
}
