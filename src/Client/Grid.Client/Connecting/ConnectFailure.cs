using System.Security.Authentication;
using Grid.Abstractions;
using Microsoft.AspNetCore.Connections;
using Orleans.Runtime.Messaging;

namespace Grid.Client.Connecting;

/// <summary>What stopped a client from connecting, found in the layers that Orleans wraps around it.</summary>
internal static class ConnectFailure
{
    /// <summary>What to throw in place of the failure; a <see cref="TimeoutException"/> says that the time to connect is over.</summary>
    public static GridException Translate(Exception failure, string endpoint, TimeSpan within, CertificateSource? certificates)
    {
        if (Find<GridException>(failure) is { } refusal)
            return refusal;
        if (TlsRefusal(failure, certificates) is { } tls)
            return new GridException(GridErrorCode.InvalidArgument, $"The Grid at {endpoint} and this client do not trust each other. {tls.Message}", failure);
        return IsClosedAtOnce(failure)
            ? new GridException(GridErrorCode.InvalidArgument,
                $"The Grid at {endpoint} closes connections at once; it may require TLS: name its CA's file (GridClientOptions.Tls, --tls-ca FILE), or check that host and port are those of a gateway.",
                failure)
            : new GridException(GridErrorCode.Timeout,
                $"No Grid answers at {endpoint} {(failure is TimeoutException ? $"within {within.TotalSeconds:0.###} s" : $"({failure.Message})")}; start one with 'grid serve --data DIR', or check host and port (serve tells them when it starts).",
                failure);
    }

    /// <summary>What TLS says of a failure; null: nothing. A node that refuses us closes the connection, and Orleans tells of the one or the other.</summary>
    public static AuthenticationException? TlsRefusal(Exception failure, CertificateSource? certificates) =>
        Find<AuthenticationException>(failure) ?? (IsClosedAtOnce(failure) ? certificates?.LastRefusal : null);

    /// <summary>Somebody listens there, and closed the connection before a word was said.</summary>
    public static bool IsClosedAtOnce(Exception failure) =>
        Find<ConnectionResetException>(failure) is not null || Find<ConnectionAbortedException>(failure) is not null
        || Find<InvalidOperationException>(failure) is { Message: "Connection terminated prematurely" };

    public static T? Find<T>(Exception failure)
        where T : Exception
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (e is T found)
                return found;
        }

        return null;
    }
}
