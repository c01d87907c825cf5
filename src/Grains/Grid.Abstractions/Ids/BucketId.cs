using System.Globalization;

namespace Grid.Abstractions;

/// <summary>The unit of order, ownership and parallelism: one bucket of one partition of one table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Partition">The partition; 0 where the table has none.</param>
/// <param name="Number">The bucket's number, 0 to the table's bucket count - 1.</param>
[GenerateSerializer, Immutable, Alias("grid.BucketId")]
public readonly record struct BucketId(
    [property: Id(0)] TableId Table,
    [property: Id(1)] PartitionId Partition,
    [property: Id(2)] int Number)
{
    /// <summary>The key of the bucket's grain and the name of its folder: <c>table/partition/bucket</c>, decimal.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Table.Value}/{Partition.Value}/{Number}");

    /// <summary>The key of the bucket's copy on one node: <c>table/partition/bucket@node</c>.</summary>
    public string AtNode(NodeName node) => $"{this}@{node}";

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">The text is not three decimal numbers within their ranges, joined by slashes.</exception>
    public static BucketId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('/');
        if (parts.Length == 3
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var table) && table > 0
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return new BucketId(new TableId(table), new PartitionId(partition), number);
        throw new FormatException($"'{text}' is not a bucket id; expected table/partition/bucket, three decimal numbers such as 7/0/3.");
    }
}
