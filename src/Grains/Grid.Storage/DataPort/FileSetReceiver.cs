using System.Buffers;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.DataPort;

/// <summary>
/// Receives a set of files into a bucket's folder: while a packet is hashed and written, the next one is read from the connection; while a file is flushed, the next
/// one is received. When it returns, all files and their names are on disk and every hash was right; when it throws, the folders it made are gone.
/// </summary>
public static class FileSetReceiver
{
    private const int BufferBytes = 1024 * 1024;

    /// <summary>Receives.</summary>
    /// <param name="reader">A stream of <c>BucketEngine.OpenRefillSource</c>.</param>
    /// <param name="directory">Where the folders <c>log</c> and <c>kv</c> are made; they must not exist.</param>
    /// <param name="limits">What the set may use.</param>
    /// <param name="files">The file store.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: bytes or a name; <see cref="GridErrorCode.TooLarge"/>: a limit; <see cref="GridErrorCode.StorageFailed"/>: the disk
    /// has too little room; <see cref="GridErrorCode.InvalidArgument"/>: there are files already; what the sender reports.</exception>
    /// <exception cref="IOException">The connection broke, or the disk failed.</exception>
    public static async Task<FileSetHead> ReceiveAsync(DataPortReader reader, string directory, FileSetLimits limits, IFileStore files, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(files);
        foreach (var folder in new[] { FileSetFolder.Log, FileSetFolder.Kv })
            if (Directory.Exists(Path.Combine(directory, FileSetFormat.NameOf(folder))))
                throw new GridException(GridErrorCode.InvalidArgument, $"{directory} has files of a bucket already; receive into an empty directory.");

        var parser = new FileSetParser(directory, limits, files);
        try
        {
            await ReadAllAsync(reader, parser, cancellationToken).ConfigureAwait(false);
            return await Task.Run(parser.FinishAsync, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await parser.AbandonAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task ReadAllAsync(DataPortReader reader, FileSetParser parser, CancellationToken cancellationToken)
    {
        byte[][] buffers = [ArrayPool<byte>.Shared.Rent(BufferBytes), ArrayPool<byte>.Shared.Rent(BufferBytes)];
        var parsing = Task.CompletedTask;
        try
        {
            for (var current = 0; ; current ^= 1)
            {
                var length = await reader.NextAsync(cancellationToken).ConfigureAwait(false);
                if (length < 0)
                    break;
                var payload = buffers[current].AsMemory(0, length);
                await reader.ReadAsync(payload, cancellationToken).ConfigureAwait(false);
                await parsing.ConfigureAwait(false);
                parsing = Task.Run(() => parser.AcceptAsync(payload), cancellationToken);
            }

            await parsing.ConfigureAwait(false);
        }
        finally
        {
            await parsing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var buffer in buffers)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
