using System.Buffers;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace Grid.Storage.Objects;

/// <summary>A temporary file that becomes a version of an object, or is removed when it is disposed.</summary>
internal sealed class ObjectDraft : IDisposable
{
    private const int CopyBytes = 1024 * 1024;
    private readonly SafeFileHandle _handle;

    public ObjectDraft(string path)
    {
        Path = path;
        _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    public string Path { get; }

    public void Write(ReadOnlySpan<byte> bytes, long position) => RandomAccess.Write(_handle, bytes, position);

    /// <summary>Writes an object's file from a stream: the content behind the header's place, then the header, whose hash is known only then.</summary>
    /// <exception cref="IOException">The file could not be written. What the stream throws comes as <see cref="SourceFailure"/>.</exception>
    public async Task WriteObjectAsync(Stream content, ulong nonce, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            var hash = new XxHash3();
            var length = 0L;
            for (int count; (count = await SourceFailure.ReadAsync(content, buffer, cancellationToken).ConfigureAwait(false)) > 0; length += count)
            {
                hash.Append(buffer.AsSpan(0, count));
                await RandomAccess.WriteAsync(_handle, buffer.AsMemory(0, count), ObjectFile.HeaderLength + length, cancellationToken).ConfigureAwait(false);
            }

            var header = new ObjectFile(length, hash.GetCurrentHashAsUInt64(), nonce).Header();
            await RandomAccess.WriteAsync(_handle, header, 0, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>All bytes are on the disk; the file is closed.</summary>
    public void Finish()
    {
        RandomAccess.FlushToDisk(_handle);
        _handle.Dispose();
    }

    public void Dispose()
    {
        _handle.Dispose();
        TryDelete(Path);
    }

    /// <summary>False where the file is still there, held by somebody: the next writer tries again.</summary>
    public static bool TryDelete(string file)
    {
        try
        {
            File.Delete(file);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
