using Grid.Abstractions;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Partitions;

public sealed partial class PartitionsGrain
{
    [LoggerMessage(2801, LogLevel.Information, "{Table} has a new partition {Values} ({Partition}): {Reason}.")]
    private partial void LogCreated(TablePath table, string values, PartitionId partition, string reason);

    [LoggerMessage(2802, LogLevel.Information, "Partition {Values} ({Partition}) of {Table} is dropped: {Reason}.")]
    private partial void LogDropped(string values, PartitionId partition, TablePath table, string reason);

    [LoggerMessage(2803, LogLevel.Warning, "Files of the dropped partition {Partition} of {Table} could not all be deleted; it will be tried again.")]
    private partial void LogDropNotFinished(Exception failure, PartitionId partition, TablePath table);

    [LoggerMessage(2804, LogLevel.Warning, "{Table} lacks {Count} automatic partitions: it has as many as it may. Drop some, keep fewer, or raise its limit.")]
    private partial void LogLacking(TablePath table, int count);
}
