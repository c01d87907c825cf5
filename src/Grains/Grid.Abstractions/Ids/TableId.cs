namespace Grid.Abstractions;

/// <summary>The number of a table, given once by the catalog and never reused: a table made again under an old name has a new id.</summary>
/// <param name="Value">From 1.</param>
[GenerateSerializer, Immutable, Alias("grid.TableId")]
public readonly record struct TableId([property: Id(0)] int Value) : IComparable<TableId>
{
    /// <inheritdoc/>
    public int CompareTo(TableId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Orders by value.</summary>
    public static bool operator <(TableId left, TableId right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >(TableId left, TableId right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator <=(TableId left, TableId right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >=(TableId left, TableId right) => left.Value >= right.Value;
}
