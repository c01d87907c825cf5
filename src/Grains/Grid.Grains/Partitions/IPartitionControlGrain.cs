using Grid.Abstractions;

namespace Grid.Grains.Partitions;

/// <summary>What buckets and nodes ask of a table's partitions; not for clients. The key is the table id.</summary>
[Alias("grid.IPartitionControlGrain")]
internal interface IPartitionControlGrain : IGrainWithIntegerKey
{
    /// <summary>Refuses a partition that there is not.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="fresh">Ask the store, whatever is known.</param>
    /// <returns>True: it is being dropped, and its rows go into the lake before their files go; clients are refused.</returns>
    /// <exception cref="GridException"><see cref="GridErrorCode.PartitionDropped"/>; <see cref="GridErrorCode.InvalidArgument"/>: the table never had it; <see cref="GridErrorCode.TableDropped"/>.</exception>
    [ResponseTimeout("00:00:10")]
    Task<bool> RequireAsync(PartitionId partition, bool fresh);

    /// <summary>Makes and drops the automatic partitions whose time has come, and finishes drops that were begun.</summary>
    /// <returns>When there may be something to do again, milliseconds since 1970 UTC.</returns>
    [ResponseTimeout("00:05:00")]
    Task<long> KeepAsync();
}
