using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Catalog;

/// <summary>Names of the catalog's objects.</summary>
internal static class CatalogNames
{
    public const string Ids = "catalog/ids.json";
    public const string Databases = "catalog/databases/";
    public const string Drops = "catalog/drops/";
    public const string Lakes = "catalog/lakes/";
    public const string PartitionLists = "catalog/partitions/";
    private const string Names = "catalog/names/";
    private const string Tables = "catalog/tables/";
    private const string Extension = ".json";

    public static string Database(string name) => Databases + name + Extension;

    public static string TablesOf(string database) => $"{Names}{database}/";

    public static string Name(TablePath path) => TablesOf(path.Database) + path.Table + Extension;

    public static string Table(TableId id) => Tables + Text(id) + Extension;

    public static string Drop(TableId id) => Drops + Text(id) + Extension;

    public static string Lake(TableId id) => Lakes + Text(id) + Extension;

    public static string Partitions(TableId id) => PartitionLists + Text(id) + Extension;

    /// <summary>The last segment of an object's name without the extension.</summary>
    public static string StemOf(string name)
    {
        var start = name.LastIndexOf('/') + 1;
        return name.EndsWith(Extension, StringComparison.Ordinal) ? name[start..^Extension.Length] : name[start..];
    }

    private static string Text(TableId id) => id.Value.ToString(CultureInfo.InvariantCulture);
}
