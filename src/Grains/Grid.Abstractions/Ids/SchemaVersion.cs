namespace Grid.Abstractions;

/// <summary>The number of one version of a table's schema. It fits the 2 bytes that a frame header has for it.</summary>
/// <param name="Value">From 1, rising by one with each change.</param>
[GenerateSerializer, Immutable, Alias("grid.SchemaVersion")]
public readonly record struct SchemaVersion([property: Id(0)] ushort Value) : IComparable<SchemaVersion>
{
    /// <inheritdoc/>
    public int CompareTo(SchemaVersion other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Orders by value.</summary>
    public static bool operator <(SchemaVersion left, SchemaVersion right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >(SchemaVersion left, SchemaVersion right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator <=(SchemaVersion left, SchemaVersion right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >=(SchemaVersion left, SchemaVersion right) => left.Value >= right.Value;
}
