using System.Globalization;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>The number of a commit to a table, from 1, rising by one with each snapshot; 0 before the first.</summary>
/// <param name="Value">The number.</param>
internal readonly record struct SequenceNumber(long Value) : IComparable<SequenceNumber>
{
    public SequenceNumber Next => new(Value + 1);

    public static SequenceNumber Min(SequenceNumber left, SequenceNumber right) => left.Value <= right.Value ? left : right;

    public int CompareTo(SequenceNumber other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
