using System.IO.Pipelines;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Runs a blocking writer and an asynchronous upload against each other through a bounded pipe: the file is never whole in memory. What either throws ends
/// both, and the first to fail is what the caller sees. The upload's stream ends only where the writer succeeded: a file that was given up is never taken for a
/// whole one.
/// </summary>
internal static class LakeUpload
{
    /// <summary>Bytes of a lake file between its writer and its upload.</summary>
    private const int FileBytes = 1024 * 1024;

    /// <summary>Writes a new file into a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">The file's name in it, which nobody else has.</param>
    /// <param name="write">Writes the file, as in the other method.</param>
    /// <param name="cancellationToken">Ends both.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: the name is taken; else what the store refuses.</exception>
    public static Task<LakeFile> RunAsync(ILakeStore store, string name, Func<Stream, CancellationToken, Task<LakeFile>> write, CancellationToken cancellationToken) =>
        RunAsync(
            write,
            async (stream, token) =>
            {
                if (!await store.TryCreateFromAsync(name, stream, token).ConfigureAwait(false))
                    throw new GridException(GridErrorCode.StorageFailed, $"A lake file {name} exists already, though its name is new; the store's answer cannot be trusted.");
            },
            FileBytes,
            cancellationToken);

    /// <summary>Runs both to their ends.</summary>
    /// <typeparam name="T">What the writer answers.</typeparam>
    /// <param name="write">Writes the file; runs on the thread pool, and its writes may block the thread they are made on.</param>
    /// <param name="upload">Reads the stream to its end. One that finds the object there already throws what its caller shall see.</param>
    /// <param name="pauseBytes">Bytes in the pipe from which on the writer waits; <see cref="UploadStream.PieceBytes"/> more may be in it.</param>
    /// <param name="cancellationToken">Ends both.</param>
    /// <exception cref="IOException">The upload returned before the stream's end.</exception>
    public static async Task<T> RunAsync<T>(
        Func<Stream, CancellationToken, Task<T>> write, Func<Stream, CancellationToken, Task> upload, int pauseBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pauseBytes);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: pauseBytes,
            resumeWriterThreshold: Math.Max(1, pauseBytes / 2),
            minimumSegmentSize: UploadStream.PieceBytes,
            useSynchronizationContext: false));
        var failure = new FirstFailure();
        var uploading = UploadAsync(pipe.Reader, upload, failure, ending);
        var (written, answer) = await Task.Run(() => WriteAsync(pipe.Writer, write, failure, ending), CancellationToken.None).ConfigureAwait(false);
        var uploaded = await uploading.ConfigureAwait(false);
        if (written && uploaded)
            return answer!;

        cancellationToken.ThrowIfCancellationRequested();
        throw failure.Rethrow();
    }

    private static async Task<(bool Done, T? Answer)> WriteAsync<T>(
        PipeWriter pipe, Func<Stream, CancellationToken, Task<T>> write, FirstFailure failure, CancellationTokenSource ending)
    {
        try
        {
            var stream = new UploadStream(pipe, ending.Token);
            await using (stream.ConfigureAwait(false))
            {
                var answer = await write(stream, ending.Token).ConfigureAwait(false);
                await pipe.CompleteAsync().ConfigureAwait(false);
                return (true, answer);
            }
        }
        catch (Exception e) // handed to the caller, and to the upload as its stream's failure
        {
            failure.Set(e);
            await pipe.CompleteAsync(e).ConfigureAwait(false);
            await ending.CancelAsync().ConfigureAwait(false);
            return default;
        }
    }

    private static async Task<bool> UploadAsync(PipeReader pipe, Func<Stream, CancellationToken, Task> upload, FirstFailure failure, CancellationTokenSource ending)
    {
        try
        {
            var stream = pipe.AsStream(leaveOpen: true);
            await using (stream.ConfigureAwait(false))
            {
                await upload(stream, ending.Token).ConfigureAwait(false);
                if (await stream.ReadAsync(new byte[1], ending.Token).ConfigureAwait(false) > 0)
                    throw new IOException("The upload ended before the file did.");
                return true;
            }
        }
        catch (Exception e) // handed to the caller; the writer's next write fails
        {
            failure.Set(e);
            return false;
        }
        finally
        {
            // In this order: a writer that waits for room must find the reason there.
            if (failure.IsSet)
                await ending.CancelAsync().ConfigureAwait(false);
            await pipe.CompleteAsync().ConfigureAwait(false);
        }
    }
}
