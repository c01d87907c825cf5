using System.Net.Sockets;
using Grid.Abstractions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Grid.Silo;

/// <summary>Finds what stopped a host from starting in the layers that hosts and silos wrap around it, so that a user reads one line.</summary>
internal static class StartFailure
{
    /// <summary>What to throw in place of a failure to start.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="cancellationToken">The token of the start: once it is cancelled, whatever failed failed because of it.</param>
    public static Exception Translate(Exception failure, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException("The start was cancelled.", failure, cancellationToken);
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (e is GridException or OperationCanceledException)
                return e;
            if (e is OptionsValidationException invalid)
                return new GridException(GridErrorCode.InvalidArgument, string.Join(" ", invalid.Failures), failure);
            if (e is InvalidOperationException && e.Message.StartsWith("Failed to convert configuration value", StringComparison.Ordinal))
                return new GridException(GridErrorCode.InvalidArgument, $"{e.Message.TrimEnd('.')}. Correct the setting in appsettings.json, the environment or the command line.", failure);
            if (e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } or AddressInUseException)
                return new GridException(GridErrorCode.InvalidArgument,
                    "A port is taken by another process; choose others with --silo-port (11111), --gateway-port (30000) and --urls (http://127.0.0.1:8080).", failure);
            if (e is SocketException { SocketErrorCode: SocketError.AddressNotAvailable })
                return new GridException(GridErrorCode.InvalidArgument, "The address to listen on is not one of this machine's; correct --listen and --urls.", failure);
            if (e is AggregateException { InnerExceptions.Count: > 1 } several)
                return Translate(several.InnerExceptions[0], cancellationToken);
        }

        return failure;
    }
}
