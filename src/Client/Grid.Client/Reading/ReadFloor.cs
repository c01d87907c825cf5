using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Client;

/// <summary>
/// What a read must reflect: in each bucket everything below an offset. Made from the acknowledgements of writes, so that whoever wrote finds its rows at any copy. Immutable; buckets that it does not
/// speak of have no floor. A floor belongs to one table.
/// </summary>
public sealed class ReadFloor
{
    private readonly ImmutableDictionary<int, LogOffset> _offsets;

    private ReadFloor(ImmutableDictionary<int, LogOffset> offsets) => _offsets = offsets;

    /// <summary>No floor: any committed rows will do.</summary>
    public static ReadFloor None { get; } = new(ImmutableDictionary<int, LogOffset>.Empty);

    /// <summary>Everything below this offset of a bucket is seen; zero where there is no floor.</summary>
    /// <param name="bucket">The bucket's number.</param>
    public LogOffset this[int bucket] => _offsets.GetValueOrDefault(bucket);

    /// <summary>A floor in one bucket.</summary>
    /// <param name="bucket">The bucket's number.</param>
    /// <param name="offset">Everything below it is seen: of a change that must be seen its offset plus one.</param>
    public static ReadFloor At(int bucket, LogOffset offset) => None.And(bucket, offset);

    /// <summary>The floor of reads that must see this acknowledged row of a primary-key table.</summary>
    public static ReadFloor Of(WrittenRow row) => At(row.Bucket, row.Offset);

    /// <summary>The floor of reads that must see all rows of this acknowledged batch.</summary>
    public static ReadFloor Of(WriteResult batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Ranges.Aggregate(None, static (floor, range) => floor.And(range.Bucket, range.EndOffset));
    }

    /// <summary>In each bucket the higher of both floors.</summary>
    public ReadFloor And(ReadFloor other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other._offsets.Aggregate(this, static (floor, entry) => floor.And(entry.Key, entry.Value));
    }

    private ReadFloor And(int bucket, LogOffset offset) => this[bucket] < offset ? new ReadFloor(_offsets.SetItem(bucket, offset)) : this;
}
