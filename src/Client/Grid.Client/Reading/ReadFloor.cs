using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Client;

/// <summary>
/// What a read must reflect: in each bucket everything below an offset. Made from the acknowledgements of writes, so that whoever wrote finds its rows at any copy. Immutable; buckets that it does not
/// speak of have no floor. A floor belongs to one table.
/// </summary>
public sealed class ReadFloor
{
    private readonly ImmutableDictionary<(PartitionId Partition, int Bucket), LogOffset> _offsets;

    private ReadFloor(ImmutableDictionary<(PartitionId Partition, int Bucket), LogOffset> offsets) => _offsets = offsets;

    /// <summary>No floor: any committed rows will do.</summary>
    public static ReadFloor None { get; } = new(ImmutableDictionary<(PartitionId Partition, int Bucket), LogOffset>.Empty);

    /// <summary>Everything below this offset of a bucket is seen; zero where there is no floor.</summary>
    /// <param name="bucket">The bucket's number.</param>
    public LogOffset this[int bucket] => this[default, bucket];

    /// <summary>Everything below this offset of a partition's bucket is seen; zero where there is no floor.</summary>
    /// <param name="partition">The partition; 0 where the table has none.</param>
    /// <param name="bucket">The bucket's number.</param>
    public LogOffset this[PartitionId partition, int bucket] => _offsets.GetValueOrDefault((partition, bucket));

    /// <summary>A floor in one bucket.</summary>
    /// <param name="bucket">The bucket's number.</param>
    /// <param name="offset">Everything below it is seen: of a change that must be seen its offset plus one.</param>
    public static ReadFloor At(int bucket, LogOffset offset) => At(default, bucket, offset);

    /// <summary>A floor in one bucket of a partition.</summary>
    /// <param name="partition">The partition; 0 where the table has none.</param>
    /// <param name="bucket">The bucket's number.</param>
    /// <param name="offset">Everything below it is seen: of a change that must be seen its offset plus one.</param>
    public static ReadFloor At(PartitionId partition, int bucket, LogOffset offset) => None.And(partition, bucket, offset);

    /// <summary>The floor of reads that must see this acknowledged row of a primary-key table.</summary>
    public static ReadFloor Of(WrittenRow row) => At(row.Partition, row.Bucket, row.Offset);

    /// <summary>The floor of reads that must see all rows of this acknowledged batch.</summary>
    public static ReadFloor Of(WriteResult batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Ranges.Aggregate(None, static (floor, range) => floor.And(range.Partition, range.Bucket, range.EndOffset));
    }

    /// <summary>In each bucket the higher of both floors.</summary>
    public ReadFloor And(ReadFloor other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other._offsets.Aggregate(this, static (floor, entry) => floor.And(entry.Key.Partition, entry.Key.Bucket, entry.Value));
    }

    private ReadFloor And(PartitionId partition, int bucket, LogOffset offset) =>
        this[partition, bucket] < offset ? new ReadFloor(_offsets.SetItem((partition, bucket), offset)) : this;
}
