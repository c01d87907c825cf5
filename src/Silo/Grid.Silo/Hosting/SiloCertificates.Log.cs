using System.Net;
using Microsoft.Extensions.Logging;

namespace Grid.Silo;

internal sealed partial class SiloCertificates
{
    [LoggerMessage(6021, LogLevel.Warning, "A caller of the data port at {Remote} was refused: {Reason}.")]
    private static partial void DataPortCallerRefused(ILogger logger, EndPoint? remote, string reason);
}
