using Grid.Abstractions;

namespace Grid.Storage.Lake.Commit;

/// <summary>A bucket as the lake table of its Grid table knows it.</summary>
public readonly record struct LakeBucket(PartitionId Partition, int Number) : IComparable<LakeBucket>
{
    /// <summary>A bucket of a table without partitions.</summary>
    public static implicit operator LakeBucket(int number) => new(default, number);

    /// <inheritdoc/>
    public int CompareTo(LakeBucket other) =>
        Partition.Value != other.Partition.Value ? Partition.Value.CompareTo(other.Partition.Value) : Number.CompareTo(other.Number);

    /// <summary>Orders by partition, then number.</summary>
    public static bool operator <(LakeBucket left, LakeBucket right) => left.CompareTo(right) < 0;

    /// <summary>Orders by partition, then number.</summary>
    public static bool operator >(LakeBucket left, LakeBucket right) => left.CompareTo(right) > 0;

    /// <summary>Orders by partition, then number.</summary>
    public static bool operator <=(LakeBucket left, LakeBucket right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by partition, then number.</summary>
    public static bool operator >=(LakeBucket left, LakeBucket right) => left.CompareTo(right) >= 0;
}
