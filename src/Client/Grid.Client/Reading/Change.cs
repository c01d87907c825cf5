using Grid.Abstractions;

namespace Grid.Client;

/// <summary>One change of a table.</summary>
/// <typeparam name="T">The row type.</typeparam>
/// <param name="Kind">What happened; always <see cref="ChangeKind.Insert"/> in a log table.</param>
/// <param name="Row">The row image.</param>
/// <param name="Bucket">The bucket's number.</param>
/// <param name="Offset">The change's offset in its bucket's log: a reader that has handled it goes on at the next one.</param>
/// <param name="Timestamp">The commit timestamp, UTC.</param>
public readonly record struct Change<T>(ChangeKind Kind, T Row, int Bucket, LogOffset Offset, DateTimeOffset Timestamp)
{
    /// <summary>The bucket's partition; 0 where the table has none.</summary>
    public PartitionId Partition { get; init; }
}
