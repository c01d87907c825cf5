using System.Globalization;

namespace Grid.Abstractions;

/// <summary>A row's number in its bucket's log. Offsets of one bucket rise without gaps and never change meaning.</summary>
/// <param name="Value">Rows before this one, from 0.</param>
[GenerateSerializer, Immutable, Alias("grid.LogOffset")]
public readonly record struct LogOffset([property: Id(0)] long Value) : IComparable<LogOffset>
{
    /// <summary>The offset of the first row of a log.</summary>
    public static readonly LogOffset Zero;

    /// <inheritdoc/>
    public int CompareTo(LogOffset other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The offset <paramref name="rows"/> rows further.</summary>
    public static LogOffset operator +(LogOffset offset, long rows) => new(checked(offset.Value + rows));

    /// <summary>The number of rows from <paramref name="right"/> to <paramref name="left"/>.</summary>
    public static long operator -(LogOffset left, LogOffset right) => left.Value - right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator <(LogOffset left, LogOffset right) => left.Value < right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >(LogOffset left, LogOffset right) => left.Value > right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator <=(LogOffset left, LogOffset right) => left.Value <= right.Value;

    /// <summary>Orders by value.</summary>
    public static bool operator >=(LogOffset left, LogOffset right) => left.Value >= right.Value;
}
