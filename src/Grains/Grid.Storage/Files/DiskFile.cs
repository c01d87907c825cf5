using Microsoft.Win32.SafeHandles;

namespace Grid.Storage.Files;

/// <summary>A file of the operating system.</summary>
internal sealed class DiskFile : IFile
{
    private readonly SafeFileHandle _handle;

    public DiskFile(string path, FileMode mode)
    {
        Path = path;

        // FileShare.Delete: retention and renames go on while readers hold the file, on Windows too.
        _handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    public string Path { get; }

    public long Length => RandomAccess.GetLength(_handle);

    public int Read(Span<byte> buffer, long position) => RandomAccess.Read(_handle, buffer, position);

    public ValueTask<int> ReadAsync(Memory<byte> buffer, long position, CancellationToken cancellationToken) =>
        RandomAccess.ReadAsync(_handle, buffer, position, cancellationToken);

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long position) => RandomAccess.Write(_handle, buffers, position);

    public void Truncate(long length) => RandomAccess.SetLength(_handle, length);

    public void Flush() => RandomAccess.FlushToDisk(_handle);

    public void Dispose() => _handle.Dispose();
}
