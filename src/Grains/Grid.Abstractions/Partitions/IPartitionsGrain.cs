using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>The partitions of one table; the grain's key is the table id. Its state lives in the object store and moves by compare-and-swap.</summary>
[Alias("grid.IPartitionsGrain")]
public interface IPartitionsGrain : IGrainWithIntegerKey
{
    /// <summary>The partitions, in the order in which they were made.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TableDropped"/>; <see cref="GridErrorCode.InvalidArgument"/>: the table has no partitions.</exception>
    [ResponseTimeout("00:00:10")]
    Task<ImmutableArray<PartitionInfo>> ListAsync();

    /// <summary>The partition of those values; null: there is none now.</summary>
    /// <param name="values">The values of the partition columns as text.</param>
    /// <exception cref="GridException">As <see cref="ListAsync"/>; <see cref="GridErrorCode.InvalidArgument"/>: a value.</exception>
    [ResponseTimeout("00:00:10")]
    Task<PartitionInfo?> FindAsync(ImmutableArray<string> values);

    /// <summary>Makes a partition; whoever asks for the same values gets the same one.</summary>
    /// <param name="values">The values of the partition columns as text.</param>
    /// <param name="reason">By hand, or because rows come for it.</param>
    /// <exception cref="GridException">As <see cref="FindAsync"/>; <see cref="GridErrorCode.AlreadyExists"/>: by hand, and there is one; <see cref="GridErrorCode.UnknownPartition"/>: rows make none in
    /// this table; <see cref="GridErrorCode.PartitionDropped"/>: its time is over, it would be dropped at once; <see cref="GridErrorCode.TooLarge"/>: the table has as many as it may have.</exception>
    [ResponseTimeout("00:00:10")]
    Task<PartitionInfo> CreateAsync(ImmutableArray<string> values, PartitionCreation reason);

    /// <summary>Drops the partition of those values: its writers get <see cref="GridErrorCode.PartitionDropped"/>, its logs and shards are deleted on every node. False: there is none.</summary>
    /// <param name="values">The values of the partition columns as text.</param>
    /// <exception cref="GridException">As <see cref="FindAsync"/>.</exception>
    [ResponseTimeout("00:00:30")]
    Task<bool> DropAsync(ImmutableArray<string> values);
}

/// <summary>Why a partition is made.</summary>
public enum PartitionCreation : byte
{
    /// <summary>Somebody wants it; refused where it exists.</summary>
    ByHand = 0,

    /// <summary>Somebody wants it to be there.</summary>
    ByHandIfNotExists = 1,

    /// <summary>Rows come for it.</summary>
    ByWriting = 2,
}
