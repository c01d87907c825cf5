using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Client;

/// <summary>Where acknowledged rows landed.</summary>
/// <param name="Bucket">The bucket's number.</param>
/// <param name="BaseOffset">The offset of the first row; in a primary-key table of the first change.</param>
/// <param name="EndOffset">The offset after the last.</param>
/// <param name="Timestamp">The commit timestamp, UTC.</param>
public readonly record struct WrittenRange(int Bucket, LogOffset BaseOffset, LogOffset EndOffset, DateTimeOffset Timestamp)
{
    /// <summary>The bucket's partition; 0 where the table has none.</summary>
    public PartitionId Partition { get; init; }
}

/// <summary>Where one acknowledged row landed.</summary>
/// <param name="Bucket">The bucket's number.</param>
/// <param name="Offset">Log table: the row's offset. Primary-key table: the end offset of its frame, a floor for lookups that must see the write.</param>
/// <param name="Timestamp">The commit timestamp, UTC.</param>
public readonly record struct WrittenRow(int Bucket, LogOffset Offset, DateTimeOffset Timestamp)
{
    /// <summary>The bucket's partition; 0 where the table has none.</summary>
    public PartitionId Partition { get; init; }
}

/// <summary>Where an acknowledged batch landed: one or more ranges in each bucket that got rows.</summary>
/// <param name="Rows">Rows written.</param>
/// <param name="Ranges">The ranges, rising within a bucket.</param>
public sealed record WriteResult(long Rows, ImmutableArray<WrittenRange> Ranges);
