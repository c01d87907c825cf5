using Microsoft.Extensions.Logging;

namespace Grid.Silo.Iceberg;

internal sealed partial class IcebergCatalog
{
    [LoggerMessage(6031, LogLevel.Warning, "{Method} {Path} of the Iceberg catalog failed.")]
    private partial void LogFailed(Exception failure, string method, string path);
}
