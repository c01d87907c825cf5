using Grid.Abstractions;

namespace Grid.Grains.Catalog;

/// <summary>What the catalog tells a table's grain; not for clients.</summary>
[Alias("grid.ITableControlGrain")]
internal interface ITableControlGrain : IGrainWithIntegerKey
{
    /// <summary>Marks the table dropped and answers what it was; null where that had happened before.</summary>
    [ResponseTimeout("00:00:10")]
    Task<TableInfo?> DropAsync();
}
