using Microsoft.Extensions.Logging;

namespace Grid.Silo.Clustering;

internal sealed partial class AliveTimes
{
    [LoggerMessage(3101, LogLevel.Warning, "The sign of life {Name} does not read; the time in the silo's row is used in its place.")]
    private static partial void LogUnreadable(ILogger logger, string name, Exception exception);
}
