using Grid.Abstractions;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Buckets;

public sealed partial class BucketGrain
{
    [LoggerMessage(2001, LogLevel.Debug, "Bucket {Bucket} of {Table} is open.")]
    private partial void LogOpened(BucketId bucket, TablePath table);

    [LoggerMessage(2002, LogLevel.Error, "Bucket {Bucket} cannot be opened.")]
    private partial void LogOpenFailed(Exception failure, BucketId bucket);

    [LoggerMessage(2005, LogLevel.Information, "Bucket {Bucket} is not led here: {Reason}")]
    private partial void LogNotLed(BucketId bucket, string reason);

    [LoggerMessage(2003, LogLevel.Debug, "Bucket {Bucket} is closed.")]
    private partial void LogClosed(BucketId bucket);

    [LoggerMessage(2004, LogLevel.Warning, "Retention of bucket {Bucket} failed; it will be tried again.")]
    private partial void LogRetentionFailed(Exception failure, BucketId bucket);

    [LoggerMessage(2006, LogLevel.Warning, "The tiering of bucket {Bucket}'s table could not be told how far the bucket is; it will be tried again.")]
    private partial void LogNotReported(Exception failure, BucketId bucket);

    [LoggerMessage(2007, LogLevel.Warning, "Segments of bucket {Bucket} could not be copied to the object store; it will be tried again.")]
    private partial void LogNotCopied(Exception failure, BucketId bucket);

    [LoggerMessage(2008, LogLevel.Error, "The log of bucket {Bucket} is not the one that its remote segments were copied from: nothing more is copied, expired or cut. Were all its copies on disks lost?")]
    private partial void LogDiverged(BucketId bucket);
}
