using System.IO.Hashing;
using Grid.Storage.Files;

namespace Grid.Storage.Remote;

/// <summary>A segment's file as a stream that is read once, front to back: no faster than the node's pace allows, and with a hash of what was read.</summary>
internal sealed class SegmentUpload(IFile file, long length, CopyPace pace, CancellationToken cancellationToken) : Stream
{
    private readonly XxHash3 _hash = new();
    private long _position;

    /// <summary>The hash of what was read so far; of the file, once <see cref="IsComplete"/>.</summary>
    public ulong Hash => _hash.GetCurrentHashAsUInt64();

    /// <summary>Whether all was read.</summary>
    public bool IsComplete => _position == length;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException("The stream is read once.");

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException("The stream is read once.");
        set => throw new NotSupportedException("The stream is read once.");
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var wanted = (int)Math.Min(buffer.Length, length - _position);
        if (wanted == 0)
            return 0;
        await pace.WaitAsync(wanted, cancellationToken).ConfigureAwait(false);
        var count = await file.ReadAsync(buffer[..wanted], _position, token).ConfigureAwait(false);
        if (count == 0)
            throw new IOException($"{file.Path} ends at byte {_position}, {length - _position} bytes early.");
        _hash.Append(buffer.Span[..count]);
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken token) => ReadAsync(buffer.AsMemory(offset, count), token).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("The stream is read once.");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("The stream is for reading.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is for reading.");

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is written.
    }
}
