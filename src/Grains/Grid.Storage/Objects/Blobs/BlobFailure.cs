using Azure;
using Azure.Identity;
using Azure.Storage.Blobs.Models;
using Grid.Abstractions;

namespace Grid.Storage.Objects.Blobs;

/// <summary>What a failed request means, and how it is told.</summary>
internal static class BlobFailure
{
    /// <summary>True where the request may or may not have been carried out, or was turned away for now.</summary>
    public static bool IsTransient(Exception exception) => exception switch
    {
        RequestFailedException failed => failed.Status is 0 or 408 or 429 or 500 or 502 or 503 or 504,
        AggregateException all => all.InnerExceptions.All(IsTransient),
        // A damaged transfer (hash, length) is an InvalidDataException of the Azure client.
        IOException or InvalidDataException or HttpRequestException or TimeoutException => true,
        _ => false,
    };

    /// <summary>True where the service says that a write's condition does not hold: 412, or 409 for a create (the emulator always); 404 for a replace.</summary>
    public static bool IsRefusal(Exception exception, bool creates) => exception is RequestFailedException failed
        && (failed.Status == 412 || (failed.Status == 404 && !creates) || (failed.Status == 409 && failed.ErrorCode == BlobErrorCode.BlobAlreadyExists) || AreBlocksGone(exception));

    /// <summary>True where another writer's commit discarded the blocks of this one.</summary>
    public static bool AreBlocksGone(Exception exception) => exception is RequestFailedException { ErrorCode: var code } && code == BlobErrorCode.InvalidBlockList;

    public static bool IsNoContainer(Exception exception) => exception is RequestFailedException { Status: 404, ErrorCode: var code } && code == BlobErrorCode.ContainerNotFound;

    public static bool IsNotFound(Exception exception) => exception is RequestFailedException { Status: 404 };

    /// <summary>A failure of Azure, its identity or the way to it; not a cancellation, a refusal of ours, or a bug.</summary>
    public static bool IsEnvironment(Exception exception) =>
        exception is RequestFailedException or AuthenticationFailedException || IsTransient(exception);

    /// <summary>The failure as callers get it.</summary>
    public static GridException Tell(string name, Exception exception)
    {
        var code = exception is RequestFailedException failed ? $" ({failed.Status} {failed.ErrorCode})" : "";
        var fix = exception is RequestFailedException { Status: 401 or 403 } or AuthenticationFailedException
            ? "Check the account key, or that the identity has the role Storage Blob Data Contributor on the container."
            : "If it was a write, read to see whether it took effect.";
        var line = exception.Message.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        return new GridException(GridErrorCode.StorageFailed, $"Azure Blobs failed at '{name}'{code}: {(end < 0 ? line : line[..end])} {fix}", exception);
    }

    /// <summary>The failure of a write that cannot find out what became of it.</summary>
    public static GridException Unknown(string name, Exception? cause) => new(GridErrorCode.StorageFailed,
        $"Whether the write of '{name}' took effect is not known: its answer was lost, and what is there now does not tell. Read the object and decide.", cause!);
}
