namespace Grid.Storage.Files;

/// <summary>
/// An open file. Reads may run beside each other and beside one writer; <see cref="Write"/>, <see cref="Truncate"/> and <see cref="Flush"/> have one
/// caller at a time. Calls block: callers are on a pool thread, never on a grain's turn. After <see cref="IDisposable.Dispose"/> a call throws <see cref="ObjectDisposedException"/>;
/// one that runs already ends as if the file were open.
/// </summary>
public interface IFile : IDisposable
{
    /// <summary>The path it was opened with.</summary>
    string Path { get; }

    /// <summary>Bytes in the file.</summary>
    long Length { get; }

    /// <summary>Reads up to the buffer's length; fewer bytes than asked for do not mean the file's end, 0 does.</summary>
    int Read(Span<byte> buffer, long position);

    /// <summary>As <see cref="Read"/>, without holding the caller's thread.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, long position, CancellationToken cancellationToken);

    /// <summary>Writes the buffers one after another from a position on, as one gathered write. A failure leaves any part of them in the file.</summary>
    void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long position);

    /// <summary>Cuts or extends the file.</summary>
    void Truncate(long length);

    /// <summary>Returns when the disk has the file's bytes and length. After a failure nothing may be assumed of what was written since the last success.</summary>
    void Flush();
}
