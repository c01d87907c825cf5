using Grid.Storage.Files;

namespace Grid.Testing.Files;

/// <summary>A handle to a file of a <see cref="FaultyFileStore"/>.</summary>
internal sealed class FaultyFile(FaultyFileStore store, string path, FaultyInode inode) : IFile
{
    private int _closed;

    public string Path => path;

    public long Length
    {
        get
        {
            RequireOpen();
            return store.LengthOf(inode);
        }
    }

    public int Read(Span<byte> buffer, long position)
    {
        RequireOpen();
        return store.Read(inode, buffer, position);
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, long position, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span, position));
    }

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long position)
    {
        RequireOpen();
        var bytes = new byte[buffers.Sum(buffer => buffer.Length)];
        var at = 0;
        foreach (var buffer in buffers)
        {
            buffer.Span.CopyTo(bytes.AsSpan(at));
            at += buffer.Length;
        }

        store.Write(inode, bytes, position);
    }

    public void Truncate(long length)
    {
        RequireOpen();
        store.Truncate(inode, length);
    }

    public void Flush()
    {
        RequireOpen();
        store.Flush(inode);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
            store.Closed();
    }

    private void RequireOpen() => ObjectDisposedException.ThrowIf(_closed != 0, this);
}
