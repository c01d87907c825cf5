using System.Net;
using Microsoft.Extensions.Logging;

namespace Grid.Client.Connecting.Tls;

internal sealed partial class TlsMiddleware
{
    [LoggerMessage(6011, LogLevel.Warning, "A {Caller} at {Remote} was refused: {Reason}.")]
    private static partial void CallerRefused(ILogger logger, TlsCaller caller, EndPoint? remote, string reason);

    [LoggerMessage(6012, LogLevel.Warning, "TLS with the node at {Remote} failed: {Reason}.")]
    private static partial void NodeRefused(ILogger logger, EndPoint? remote, string reason);
}
