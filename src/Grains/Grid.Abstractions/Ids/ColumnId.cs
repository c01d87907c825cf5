namespace Grid.Abstractions;

/// <summary>The stable number of a column, also of a nested field: never reused within its table. Schema versions, the row codec and Parquet field ids all speak it.</summary>
/// <param name="Value">From 1; negative ids are Grid's own columns, see <see cref="SystemColumns"/>.</param>
[GenerateSerializer, Immutable, Alias("grid.ColumnId")]
public readonly record struct ColumnId([property: Id(0)] int Value) : IComparable<ColumnId>
{
    /// <inheritdoc/>
    public int CompareTo(ColumnId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Orders by value.</summary>
    public static bool operator <(ColumnId left, ColumnId right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >(ColumnId left, ColumnId right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator <=(ColumnId left, ColumnId right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >=(ColumnId left, ColumnId right) => left.Value >= right.Value;
}
