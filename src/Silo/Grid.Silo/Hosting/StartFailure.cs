using Grid.Abstractions;
using Microsoft.Extensions.Options;

namespace Grid.Silo;

/// <summary>Finds what stopped a host from starting in the layers that hosts and silos wrap around it, so that a user reads one line.</summary>
internal static class StartFailure
{
    public static Exception Translate(Exception failure)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (e is GridException or OperationCanceledException)
                return e;
            if (e is OptionsValidationException invalid)
                return new GridException(GridErrorCode.InvalidArgument, string.Join(" ", invalid.Failures), failure);
            if (e is AggregateException { InnerExceptions.Count: > 1 } several)
                return Translate(several.InnerExceptions[0]);
        }

        return failure;
    }
}
