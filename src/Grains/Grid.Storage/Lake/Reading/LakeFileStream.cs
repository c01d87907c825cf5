using Grid.Abstractions;
using Grid.Storage.Lake.Files;

namespace Grid.Storage.Lake.Reading;

/// <summary>
/// A file of a lake store as a stream: ranged reads, none of which goes past the end that the manifest tells. Reads fill their buffer or reach that end; a file that
/// has fewer bytes, or is gone, is an exception, never a short read. Holds one range of the file at a time: the larger of the read-ahead and
/// <see cref="PieceBytes"/>. A blocking read waits for the store: it belongs on the thread pool. One caller at a time.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="name">The file's name in it.</param>
/// <param name="length">Its bytes, as its manifest says.</param>
/// <param name="readAheadBytes">How much is read at least, so that small reads next to each other are one.</param>
/// <param name="cancellationToken">Ends reads that have no token of their own.</param>
internal sealed class LakeFileStream(ILakeStore store, string name, long length, int readAheadBytes, CancellationToken cancellationToken = default) : Stream
{
    /// <summary>Longest range that is read for a large read; a larger read-ahead counts too.</summary>
    public const int PieceBytes = 4 * 1024 * 1024;

    private ReadOnlyMemory<byte> _window;
    private long _windowAt;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <summary>Reads.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the file is shorter than it should be; <see cref="GridErrorCode.StorageFailed"/>: it is gone;
    /// else as the store.</exception>
    public override int Read(Span<byte> buffer)
    {
        var done = 0;
        while (done < buffer.Length && _position < length)
        {
            if (Window.IsEmpty)
                FetchAsync(buffer.Length - done, cancellationToken).GetAwaiter().GetResult();
            done += Copy(buffer[done..]);
        }

        return done;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc cref="Read(Span{byte})"/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var done = 0;
        while (done < buffer.Length && _position < length)
        {
            if (Window.IsEmpty)
                await FetchAsync(buffer.Length - done, cancellationToken).ConfigureAwait(false);
            done += Copy(buffer.Span[done..]);
        }

        return done;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException("The stream is for reading.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is for reading.");

    /// <summary>What was read already from the position on.</summary>
    private ReadOnlyMemory<byte> Window =>
        _position >= _windowAt && _position < _windowAt + _window.Length ? _window[(int)(_position - _windowAt)..] : default;

    private int Copy(Span<byte> buffer)
    {
        var bytes = Window.Span;
        bytes = bytes[..Math.Min(bytes.Length, buffer.Length)];
        bytes.CopyTo(buffer);
        _position += bytes.Length;
        return bytes.Length;
    }

    private async Task FetchAsync(int wanted, CancellationToken cancellationToken)
    {
        var bytes = (int)Math.Min(length - _position, Math.Max(readAheadBytes, Math.Min(wanted, PieceBytes)));
        var range = await store.ReadRangeAsync(name, _position, bytes, cancellationToken).ConfigureAwait(false)
            ?? throw LakeErrors.Gone(name, store.Root);
        if (range.Length != bytes)
            throw new GridException(GridErrorCode.Corrupt,
                $"{name} has {range.Length} bytes from byte {_position} on where {bytes} were asked for; its manifest says that it has {length}. Restore the file.");
        (_window, _windowAt) = (range, _position);
    }
}
