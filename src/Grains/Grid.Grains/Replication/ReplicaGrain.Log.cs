using Microsoft.Extensions.Logging;

namespace Grid.Grains.Replication;

internal sealed partial class ReplicaGrain
{
    [LoggerMessage(2503, LogLevel.Warning, "Retention of the copy {Replica} failed; it will be tried again.")]
    private partial void LogRetentionFailed(Exception failure, string replica);
}
