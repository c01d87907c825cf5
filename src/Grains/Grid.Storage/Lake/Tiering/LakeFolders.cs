using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Tiering;

/// <summary>Where a table's lake files are below a store's root.</summary>
internal static class LakeFolders
{
    /// <summary>The lake table's folder, <c>DATABASE/TABLE-ID</c>: a table that was dropped and made again has another.</summary>
    public static string Of(TableInfo table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return string.Create(CultureInfo.InvariantCulture, $"{table.Path.Database}/{table.Path.Table}-{table.Id.Value}");
    }

    /// <summary>
    /// The folder of a bucket's files below <c>data/</c>. A partition that was dropped and made again of the same values has another: by its folder its rows are told from those of the old one, which the lake keeps.
    /// </summary>
    public static string OfBucket(PartitionId partition, int bucket) =>
        partition.Value == 0 ? OfBucket(bucket) : string.Create(CultureInfo.InvariantCulture, $"partition-{partition.Value}/{OfBucket(bucket)}");

    /// <summary>Whether a file is one of a partition's.</summary>
    public static bool IsOf(PartitionId partition, string location) =>
        partition.Value == 0 || location.Contains(string.Create(CultureInfo.InvariantCulture, $"/data/partition-{partition.Value}/"), StringComparison.Ordinal);

    /// <summary>The folder of a bucket's files below <c>data/</c>, in a table without partitions.</summary>
    public static string OfBucket(int bucket) => string.Create(CultureInfo.InvariantCulture, $"bucket-{bucket}");
}
