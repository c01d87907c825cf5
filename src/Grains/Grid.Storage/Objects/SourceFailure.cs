using System.Runtime.ExceptionServices;

namespace Grid.Storage.Objects;

/// <summary>Carries what a caller's own stream threw past the handlers for the store's failures: it is not one, and is never retried.</summary>
internal sealed class SourceFailure(Exception source) : Exception(source.Message, source)
{
    /// <summary>Reads from a caller's stream.</summary>
    public static async Task<int> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new SourceFailure(exception);
        }
    }

    /// <summary>Throws what the stream threw, as it was.</summary>
    public void Rethrow() => ExceptionDispatchInfo.Throw(InnerException!);
}
