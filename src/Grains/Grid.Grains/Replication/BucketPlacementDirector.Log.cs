using Grid.Abstractions;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Replication;

internal sealed partial class BucketPlacementDirector
{
    [LoggerMessage(2301, LogLevel.Warning, "The record of bucket {Bucket} cannot be read; the bucket is placed by the one seen last.")]
    private partial void LogRemembered(Exception failure, BucketId bucket);
}
