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

    /// <summary>The folder of a bucket's files below <c>data/</c>.</summary>
    public static string OfBucket(int bucket) => string.Create(CultureInfo.InvariantCulture, $"bucket-{bucket}");
}
