namespace Grid.Abstractions;

/// <summary>The number of a partition of a table; 0 where the table has no partitions.</summary>
/// <param name="Value">0 or more.</param>
[GenerateSerializer, Immutable, Alias("grid.PartitionId")]
public readonly record struct PartitionId([property: Id(0)] long Value) : IComparable<PartitionId>
{
    /// <inheritdoc/>
    public int CompareTo(PartitionId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Orders by value.</summary>
    public static bool operator <(PartitionId left, PartitionId right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >(PartitionId left, PartitionId right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator <=(PartitionId left, PartitionId right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >=(PartitionId left, PartitionId right) => left.Value >= right.Value;
}
