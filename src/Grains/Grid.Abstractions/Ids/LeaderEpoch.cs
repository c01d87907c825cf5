namespace Grid.Abstractions;

/// <summary>The number of a leadership of a bucket: it only rises, and whoever holds a lower one is refused.</summary>
/// <param name="Value">From 0.</param>
[GenerateSerializer, Immutable, Alias("grid.LeaderEpoch")]
public readonly record struct LeaderEpoch([property: Id(0)] int Value) : IComparable<LeaderEpoch>
{
    /// <inheritdoc/>
    public int CompareTo(LeaderEpoch other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Orders by value.</summary>
    public static bool operator <(LeaderEpoch left, LeaderEpoch right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >(LeaderEpoch left, LeaderEpoch right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator <=(LeaderEpoch left, LeaderEpoch right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >=(LeaderEpoch left, LeaderEpoch right) => left.Value >= right.Value;
}
