using Grid.Abstractions;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Catalog;

public sealed partial class CatalogGrain
{
    [LoggerMessage(2101, LogLevel.Warning, "Files of the dropped table {Table} could not all be deleted; it will be tried again.")]
    private partial void LogDropNotFinished(Exception failure, TableId table);

    [LoggerMessage(2103, LogLevel.Warning, "The first automatic partitions of {Table} could not be made; it will be tried again.")]
    private partial void LogNoPartitions(Exception failure, TablePath table);

    [LoggerMessage(2102, LogLevel.Warning, "Unfinished drops could not be looked for; it will be tried again.")]
    private partial void LogRepairFailed(Exception failure);
}
