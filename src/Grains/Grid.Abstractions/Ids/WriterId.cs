namespace Grid.Abstractions;

/// <summary>The identity under which a writer's frames are deduplicated, given by the catalog.</summary>
/// <param name="Value">From 1; 0 means that the writer is not idempotent.</param>
[GenerateSerializer, Immutable, Alias("grid.WriterId")]
public readonly record struct WriterId([property: Id(0)] long Value) : IComparable<WriterId>
{
    /// <inheritdoc/>
    public int CompareTo(WriterId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Orders by value.</summary>
    public static bool operator <(WriterId left, WriterId right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >(WriterId left, WriterId right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator <=(WriterId left, WriterId right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >=(WriterId left, WriterId right) => left.Value >= right.Value;
}
